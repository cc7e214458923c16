"""The routes below /v1/team: name, settings, products, ownership (2-api)."""

from rollcall.actions import team
from rollcall.actions.preview_tokens import Preview, preview
from rollcall.actions.team import NewProduct, ProductEdit, TeamDeletion, TeamEdit
from rollcall.actions.transfer_ownership import Transfer, transfer_ownership
from rollcall.domain.members import Member
from rollcall.domain.permissions import Permission
from rollcall.domain.team_changes import settings_of
from rollcall.domain.teams import Team
from rollcall.http import answers, queries, targets
from rollcall.http.bodies import JsonObject, Nothing
from rollcall.http.endpoint import Endpoint, Request, endpoint


@endpoint(permission=Permission.READ_TEAM, answer=answers.team)
def _read(request: Request[Nothing]) -> Team:
    """Read the team."""
    return request.call.team


@endpoint(permission=Permission.EDIT_TEAM, body=TeamEdit, answer=answers.team)
def _edit(request: Request[TeamEdit]) -> Team:
    """Give the team another name."""
    return team.edit_team(request.call, request.body)


@endpoint(permission=Permission.DELETE_TEAM, body=TeamDeletion, answer=answers.nothing)
def _delete(request: Request[TeamDeletion]) -> None:
    """Delete the team; nothing of it authenticates afterwards."""
    team.delete_team(request.call, request.body)


@endpoint(permission=Permission.READ_TEAM, answer=answers.settings)
def _settings(request: Request[Nothing]) -> Team:
    """Read a group of settings."""
    settings_of(request.call.team, request.asked.http.path["group"])
    return request.call.team


@endpoint(permission=Permission.EDIT_TEAM, body=JsonObject, answer=answers.changed_settings)
def _change_settings(request: Request[JsonObject]) -> Team | Preview:
    """Change settings of a group, those left out stay; with `?preview=true` see which tokens that would stop."""
    group = request.asked.http.path["group"]
    if queries.flag(request.asked.http, "preview"):
        return preview(request.call, group, request.body)
    return team.change_settings(request.call, group, request.body)


@endpoint(permission=Permission.READ_TEAM, answer=answers.products)
def _products(request: Request[Nothing]) -> Team:
    """List the team's products."""
    return request.call.team


@endpoint(permission=Permission.EDIT_TEAM, body=NewProduct, answer=answers.product_added)
def _add(request: Request[NewProduct]) -> Team:
    """Add a product; its key is for ever."""
    return team.add_product(request.call, request.body)


@endpoint(permission=Permission.EDIT_TEAM, body=ProductEdit, answer=answers.product)
def _rename(request: Request[ProductEdit]) -> Team:
    """Give a product another name."""
    return team.rename_product(request.call, request.asked.http.path["key"], request.body)


@endpoint(permission=Permission.EDIT_TEAM, answer=answers.nothing)
def _remove(request: Request[Nothing]) -> None:
    """Remove a product; nobody may open it from now on."""
    team.remove_product(request.call, request.asked.http.path["key"])


@endpoint(permission=Permission.TRANSFER_OWNERSHIP, body=Transfer, reads=targets.heir, answer=answers.changed_member)
def _transfer(request: Request[Transfer]) -> Member:
    """Make another member owner and oneself admin, in one step."""
    return transfer_ownership(request.call, request.body)


ROUTES: dict[str, Endpoint] = {
    "GET /v1/team": _read,
    "PATCH /v1/team": _edit,
    "DELETE /v1/team": _delete,
    "GET /v1/team/settings/{group}": _settings,
    "PATCH /v1/team/settings/{group}": _change_settings,
    "GET /v1/team/products": _products,
    "POST /v1/team/products": _add,
    "PATCH /v1/team/products/{key}": _rename,
    "DELETE /v1/team/products/{key}": _remove,
    "POST /v1/team/transfer-ownership": _transfer,
}
