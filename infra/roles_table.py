"""Writes the README's table of roles from the permission matrix, which is written once, as data (R1)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from rollcall.domain.permissions import MATRIX, OF_PRODUCTS, OF_SCIM, STEP_UP, Permission, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

README: Final = Path(__file__).resolve().parents[1] / "README.md"
BEGIN: Final = "<!-- roles: written by `make roles` -->\n"
END: Final = "<!-- end of roles -->"
P = Permission
AREAS: Final[Mapping[str, tuple[Permission, ...]]] = {
    "own profile, password, sessions, tokens; leave": (
        P.READ_OWN_PROFILE,
        P.EDIT_OWN_PROFILE,
        P.LEAVE,
        P.CHANGE_OWN_PASSWORD,
        P.READ_OWN_CREDENTIALS,
        P.ISSUE_OWN_TOKEN,
        P.REVOKE_OWN_CREDENTIALS,
        P.ISSUE_PRODUCT_TOKEN,
    ),
    "members: list, role, product access, deactivate, remove, reset, revoke credentials, release grants": (
        P.READ_MEMBERS,
        P.CHANGE_ROLE,
        P.CHANGE_PRODUCTS,
        P.DEACTIVATE,
        P.REMOVE,
        P.RESET_PASSWORD,
        P.REVOKE_CREDENTIALS,
        P.READ_GRANTS,
        P.RELEASE_GRANTS,
    ),
    "invitations: create, list, edit, resend, copy link, revoke": (
        P.INVITE,
        P.READ_INVITATIONS,
        P.MANAGE_INVITATIONS,
    ),
    "team: name, settings, products, their service tokens": (
        P.READ_TEAM,
        P.EDIT_TEAM,
        P.READ_SERVICE_TOKENS,
        P.ISSUE_SERVICE_TOKEN,
        P.REVOKE_SERVICE_TOKEN,
    ),
    "audit, SSO and SIEM: read and configure": (P.READ_AUDIT, P.CONFIGURE_SSO, P.CONFIGURE_SIEM),
    "SSO enforcement, SCIM tokens, break-glass": (
        P.ENFORCE_SSO,
        P.MANAGE_SCIM_TOKENS,
        P.READ_SCIM_TOKENS,
        P.REVOKE_SCIM_TOKEN,
        P.BREAK_GLASS,
    ),
    "transfer ownership, delete the team": (P.TRANSFER_OWNERSHIP, P.DELETE_TEAM),
}


def table() -> str:
    """Return the table and what it cannot say."""
    lines = ["| | owner | admin | member |", "|---|---|---|---|"]
    for area, permissions in AREAS.items():
        cells = " | ".join(_cell(role, permissions) for role in (Role.OWNER, Role.ADMIN, Role.MEMBER))
        lines.append(f"| {area} | {cells} |")
    fresh = ", ".join(sorted(f"`{permission.value}`" for permission in STEP_UP))
    products = ", ".join(sorted(f"`{permission.value}`" for permission in OF_PRODUCTS))
    provisions = ", ".join(f"`{permission.value}`" for permission in OF_SCIM)
    lines += [
        "",
        "Nobody acts on a member or invitation above their own role, nor gives a role above it.",
        f"These need a session at most ten minutes old, and no token: {fresh}.",
        f"A product's service token may, within its own product: {products}.",
        f"An identity provider's SCIM token may, below /scim/v2 alone: {provisions}.",
    ]
    return "\n".join(lines) + "\n"


def _cell(role: Role, permissions: tuple[Permission, ...]) -> str:
    held = MATRIX[role] & set(permissions)
    return "yes" if len(held) == len(permissions) else "no" if not held else "in part"


def written(readme: str) -> str:
    """Return the README with the table as it is now."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
