"""The team (the tenant): its products and its settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rollcall.domain.permissions import Role

LONGEST_SLUG = 48


class TeamState(StrEnum):
    """A deleted team authenticates nobody from its answer on; its items are purged later (T1)."""

    ACTIVE = "active"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ProductAccess:
    """All products, those added later included, or only the named ones (M6)."""

    only: frozenset[str] | None = None

    @property
    def is_all(self) -> bool:
        """Tell whether this is access to all products."""
        return self.only is None

    @property
    def told(self) -> dict[str, object]:
        """Return it as the API and the audit tell it: `{"all": true}` or `{"only": [key]}`."""
        return {"all": True} if self.only is None else {"only": sorted(self.only)}

    def within(self, team: "Team") -> "ProductAccess":
        """Return the effective access: stored ∩ the team's products (I21)."""
        return self if self.only is None else ProductAccess(self.only & team.products.keys())

    def opens(self, product: str, team: "Team") -> bool:
        """Tell whether a holder may open this product of the team."""
        return product in team.products and (self.only is None or product in self.only)


ALL_PRODUCTS = ProductAccess()
NO_PRODUCTS = ProductAccess(frozenset())


@dataclass(frozen=True, slots=True)
class Settings:
    """What a team's owners and admins may set; days, minutes and hours as named.

    `jit` and the defaults are for people who join without an invitation: through the identity provider (J5, J7).
    """

    invitation_expiry_days: int = 7
    passwords_enabled: bool = True
    token_max_age_days: int | None = None
    tokens_max_per_member: int = 20
    session_idle_minutes: int = 24 * 60
    session_absolute_hours: int = 30 * 24
    sessions_max: int = 20
    jit: bool = False
    default_role: Role = Role.MEMBER
    default_products: ProductAccess = NO_PRODUCTS


@dataclass(frozen=True, slots=True)
class Team:
    """A team as authentication and every decision see it.

    `sso_switched_at` is when SSO was last enforced or released: password-made sessions from before are dead.
    """

    id: str
    slug: str
    name: str
    created_at: datetime
    products: Mapping[str, str] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()
    settings: Settings = Settings()
    state: TeamState = TeamState.ACTIVE
    sso_enforced: bool = False
    sso_available: bool = False
    scim_enabled: bool = False
    sso_switched_at: datetime | None = None
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def alive(self) -> bool:
        """Tell whether anything of this team may still authenticate (I2)."""
        return self.state is TeamState.ACTIVE

    @property
    def passwords_open(self) -> bool:
        """Tell whether members may sign in by password: switched on, and SSO not enforced (C1, C2)."""
        return self.settings.passwords_enabled and not self.sso_enforced
