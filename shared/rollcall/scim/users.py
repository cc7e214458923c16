"""Users as they come by POST and PUT (RFC 7643, section 4.1), and what of them decides membership."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.scim import values
from rollcall.scim.drafts import Draft
from rollcall.scim.errors import InvalidSyntax, InvalidValue

MOST_EMAILS = 20  # each is an item by which the person is found, and all are written in one transaction


@dataclass(frozen=True, slots=True)
class Facts:
    """What Rollcall itself reads of a user; `active` is None where it was not given, `name` is never empty."""

    user_name: str
    external_id: str | None
    active: bool | None
    email: str | None
    other_emails: tuple[str, ...]
    name: str


def read_user(body: object) -> dict[str, Any]:
    """Return the resource that a POST or PUT tells, in the schema's spelling, without what only the service writes.

    Raises InvalidSyntax if it is no object, InvalidValue if it has no userName, a value of another type, or too much.
    """
    if not isinstance(body, Mapping):
        raise InvalidSyntax("A user is a JSON object.")
    draft = Draft({})
    draft.merge("replace", body, strict=False)
    return checked(draft.finished())


def checked(resource: dict[str, Any]) -> dict[str, Any]:
    """Return the resource as it came, or raise InvalidValue for what no user may be."""
    if not str(resource.get("userName", "")).strip():
        raise InvalidValue("userName is required and is not blank.")
    if len(resource.get("emails", [])) > MOST_EMAILS:
        raise InvalidValue(f"emails has {MOST_EMAILS} values at most.")
    values.check_size(resource)
    return resource


def facts(resource: Mapping[str, Any]) -> Facts:
    """Return what decides membership: the primary address, or else the first, is the person's; the rest are others."""
    given = [email for email in resource.get("emails", []) if email.get("value", "").strip()]
    addresses = [email["value"] for email in sorted(given, key=lambda email: not email.get("primary", False))]
    return Facts(
        user_name=resource["userName"],
        external_id=resource.get("externalId") or None,
        active=resource.get("active"),
        email=addresses[0] if addresses else None,
        other_emails=tuple(addresses[1:]),
        name=_name(resource),
    )


def _name(resource: Mapping[str, Any]) -> str:
    parts = resource.get("name", {})
    both = " ".join(part for part in (parts.get("givenName"), parts.get("familyName")) if part and part.strip())
    names = (resource.get("displayName"), parts.get("formatted"), both, resource["userName"])
    return next(name for name in names if name and name.strip())
