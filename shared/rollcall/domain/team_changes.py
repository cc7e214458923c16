"""The team itself: its name, settings and products (T1, M6). A product's key is immutable and never used again."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from rollcall.domain.changes import Change, Claim, Disowned, Updated
from rollcall.domain.errors import Flaw, Invalid, NotFound, ProductExists, ProductRetired, pointer
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.founding import SLUG
from rollcall.domain.permissions import Actor, Role
from rollcall.domain.teams import ProductAccess, Settings, Team, TeamState

MOST_PRODUCTS = 50


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the greatest value of a setting; `optional` ones may be unset."""

    least: int
    greatest: int
    optional: bool = False


Kind = Limits | type[bool] | type[Role] | type[ProductAccess]
AT_JOINING = (Role.MEMBER, Role.ADMIN)

GROUPS: Mapping[str, Mapping[str, tuple[str, Kind]]] = {
    "invitations": {"expiry_days": ("invitation_expiry_days", Limits(1, 30))},
    "passwords": {"enabled": ("passwords_enabled", bool)},
    "tokens": {
        "max_age_days": ("token_max_age_days", Limits(1, 3650, optional=True)),
        "max_per_member": ("tokens_max_per_member", Limits(1, 20)),
    },
    "sessions": {
        "idle_minutes": ("session_idle_minutes", Limits(5, 30 * 24 * 60)),
        "absolute_hours": ("session_absolute_hours", Limits(1, 90 * 24)),
        "max": ("sessions_max", Limits(1, 20)),
    },
    "joining": {
        "jit": ("jit", bool),
        "default_role": ("default_role", Role),
        "default_products": ("default_products", ProductAccess),
    },
}


def subject(team: Team) -> Subject:
    """Name the team in an audit event."""
    return Subject("team", team.id, team.name)


def rename_team(team: Team, name: str, actor: Actor) -> tuple[Change, Team]:
    """Give the team another name."""
    if team.name == name:
        return Change(), team
    return _changed(Action.TEAM_EDITED, team, replace(team, name=name), actor, {"name": team.name}, {"name": name})


def delete(team: Team, name: str, actor: Actor, now: datetime) -> Change:
    """Delete the team: nothing of it authenticates from here on, its slug is free, its items are purged later (T1)."""
    if name != team.name:
        raise Invalid(Flaw("/name", "This is not the team's name: type it exactly."))
    after = replace(team, state=TeamState.DELETED, deleted_at=now, version=team.version + 1)
    told = {"slug": team.slug, "name": team.name}
    deed = Deed(Action.TEAM_DELETED, actor, subject(team), told, None)
    frees = (Claim(SLUG, team.id, team.slug, team.id, None),)
    return Change(steps=(Updated(team, after), Disowned(team.id)), claims=frees, deeds=(deed,))


def settings_of(team: Team, group: str) -> dict[str, object]:
    """Return a group of settings as the API tells it. Raises NotFound for a group that does not exist."""
    if group not in GROUPS:
        raise NotFound
    return {name: _told(getattr(team.settings, field), team) for name, (field, _) in GROUPS[group].items()}


def _told(value: object, team: Team) -> object:
    """Return a setting as the API tells it; of products those that the team still has."""
    if isinstance(value, ProductAccess):
        return value.within(team).told
    return value.value if isinstance(value, Role) else value


def change_settings(team: Team, group: str, wanted: Mapping[str, object], actor: Actor) -> tuple[Change, Team]:
    """Change settings of one group; those left out stay. Raises Invalid with a pointer for each bad one."""
    before = settings_of(team, group)
    flaws = [flaw for name, value in wanted.items() for flaw in _flaws(team, group, name, value)]
    if flaws:
        raise Invalid(*flaws)
    taken = {GROUPS[group][name][0]: _taken(GROUPS[group][name][1], value) for name, value in wanted.items()}
    values = {field.name: getattr(team.settings, field.name) for field in fields(Settings)}
    after = replace(team, settings=Settings(**{**values, **taken}))
    if after == team:
        return Change(), team
    return _changed(Action.SETTINGS_CHANGED, team, after, actor, {group: before}, {group: settings_of(after, group)})


def _taken(kind: Kind, value: object) -> object:
    """Return a value that has no flaw as the team keeps it."""
    if kind is Role:
        return Role(str(value))
    if kind is ProductAccess and isinstance(value, dict):
        return ProductAccess(None if "all" in value else frozenset(value["only"]))
    return value


def _flaws(team: Team, group: str, name: str, value: object) -> list[Flaw]:
    if name not in GROUPS[group]:
        return [Flaw(pointer(name), "This field is not known.")]
    kind = GROUPS[group][name][1]
    if isinstance(kind, Limits):
        return _out_of(kind, name, value)
    if kind is bool:
        return [] if isinstance(value, bool) else [Flaw(f"/{name}", "This must be true or false.")]
    if kind is Role:
        fits = isinstance(value, str) and value in AT_JOINING
        return [] if fits else [Flaw(f"/{name}", "This must be member or admin: nobody becomes an owner by joining.")]
    if value == {"all": True} and isinstance(value, dict) and value["all"] is True:
        return []
    only = value.get("only") if isinstance(value, dict) and len(value) == 1 else None
    fits = isinstance(only, list) and all(isinstance(key, str) and key in team.products for key in only)
    told = 'This must be {"all": true} or {"only": [keys of the team\'s products]}.'
    return [] if fits else [Flaw(f"/{name}", told)]


def _out_of(limits: Limits, name: str, value: object) -> list[Flaw]:
    if value is None and limits.optional:
        return []
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not limits.least <= int(str(value)) <= limits.greatest:
        return [Flaw(f"/{name}", f"This must be a whole number from {limits.least} to {limits.greatest}.")]
    return []


def add_product(team: Team, key: str, name: str, actor: Actor) -> tuple[Change, Team]:
    """Add a product; members with access to all products may open it at once (M6)."""
    if key in team.products:
        raise ProductExists
    if key in team.retired:
        raise ProductRetired
    if len(team.products) >= MOST_PRODUCTS:
        raise Invalid(Flaw("/key", f"A team has at most {MOST_PRODUCTS} products."))
    after = replace(team, products={**team.products, key: name})
    return _changed(Action.PRODUCT_ADDED, team, after, actor, None, {"key": key, "name": name})


def rename_product(team: Team, key: str, name: str, actor: Actor) -> tuple[Change, Team]:
    """Give a product another name; its key stays."""
    before = _product(team, key)
    if before == name:
        return Change(), team
    after = replace(team, products={**team.products, key: name})
    return _changed(
        Action.PRODUCT_RENAMED, team, after, actor, {"key": key, "name": before}, {"key": key, "name": name}
    )


def remove_product(team: Team, key: str, actor: Actor) -> tuple[Change, Team]:
    """Remove a product: nobody may open it from now on, because access is stored ∩ the team's products, at read."""
    told = {"key": key, "name": _product(team, key)}
    left = {k: name for k, name in team.products.items() if k != key}
    after = replace(team, products=left, retired=team.retired | {key})
    return _changed(Action.PRODUCT_REMOVED, team, after, actor, told, None)


def _product(team: Team, key: str) -> str:
    if key not in team.products:
        raise NotFound
    return team.products[key]


def _changed(
    action: Action,
    before: Team,
    after: Team,
    actor: Actor,
    told: Mapping[str, object] | None,
    tells: Mapping[str, object] | None,
) -> tuple[Change, Team]:
    after = replace(after, version=before.version + 1)
    deed = Deed(action, actor, subject(before), told, tells)
    return Change(steps=(Updated(before, after),), deeds=(deed,)), after
