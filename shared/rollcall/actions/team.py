"""The team's name, settings and products, by owners and admins (T1, M6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.domain import team_changes
from rollcall.domain.changes import Change
from rollcall.domain.teams import Team
from rollcall.domain.text import ProductKey, ProductName, TeamName


@dataclass(frozen=True, slots=True)
class TeamEdit:
    """What may be changed of a team."""

    name: TeamName


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be; its key is for ever."""

    key: ProductKey
    name: ProductName


@dataclass(frozen=True, slots=True)
class ProductEdit:
    """What may be changed of a product."""

    name: ProductName


@dataclass(frozen=True, slots=True)
class TeamDeletion:
    """The team's name, typed."""

    name: TeamName


def delete_team(call: Call, wanted: TeamDeletion) -> None:
    """Delete the team."""
    change = team_changes.delete(call.team, wanted.name, call.actor, call.now)
    call.check_version(call.team.version)
    call.commit(change)


def edit_team(call: Call, edit: TeamEdit) -> Team:
    """Give the team another name."""
    return _done(call, *team_changes.rename_team(call.team, edit.name, call.actor))


def change_settings(call: Call, group: str, wanted: Mapping[str, object]) -> Team:
    """Change settings of a group; those left out stay."""
    return _done(call, *team_changes.change_settings(call.team, group, wanted, call.actor))


def add_product(call: Call, wanted: NewProduct) -> Team:
    """Add a product. Raises ProductExists, ProductRetired."""
    call.check_version(call.team.version)
    return _done(call, *team_changes.add_product(call.team, wanted.key, wanted.name, call.actor))


def rename_product(call: Call, key: str, edit: ProductEdit) -> Team:
    """Give a product another name."""
    return _done(call, *team_changes.rename_product(call.team, key, edit.name, call.actor))


def remove_product(call: Call, key: str) -> None:
    """Remove a product; nobody may open it from now on."""
    _done(call, *team_changes.remove_product(call.team, key, call.actor))


def _done(call: Call, change: Change, after: Team) -> Team:
    call.check_version(call.team.version)
    call.commit(change, after)
    return after
