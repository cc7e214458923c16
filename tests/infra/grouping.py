"""A provider's work on people and groups, for the rights that it takes: some of it is left to the purge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.functions.scim_kit import PATCH, person

if TYPE_CHECKING:
    from tests.kit import Answer, World

SCIM = {"content-type": "application/scim+json"}
Call = Callable[..., "Answer"]


def grouping(world: World, call: Call, secret: str, session: str) -> None:
    """Provision people of globex into groups, map them, and take them out by all ways there are."""

    def scim(method: str, path: str, body: object = None) -> Any:
        headers = SCIM if body is not None else {}
        answer = call(world, method, f"/scim/v2{path}", body, secret, **headers)
        assert answer.status < 300, answer.body
        return answer.json

    invited = {"email": "p0@idp.example", "role": "member", "products": {"all": True}}
    assert call(world, "POST", "/v1/invitations", invited, session).status == 201
    one, two, three = (scim("POST", "/Users", _person(number)) for number in range(3))
    listed = [{"value": who["id"]} for who in (one, two, three)] + [{"value": world.globex.owner.id}]
    group = scim("POST", "/Groups", {"displayName": "Engineers", "members": listed})
    outer = scim("POST", "/Groups", {"displayName": "Outer", "members": [{"value": group["id"]}]})
    for path in (
        "/Users?startIndex=2",
        "/Users?filter=emails.value+eq+%22further@idp.example%22",
        "/Groups",
        f"/Groups?filter=members.value+eq+%22{one['id']}%22",
    ):
        scim("GET", path)
    change = {"op": "remove", "path": "members", "value": [{"value": two["id"]}]}
    scim("PATCH", f"/Groups/{group['id']}", {"schemas": [PATCH], "Operations": [change]})
    rename = {"op": "replace", "path": "displayName", "value": "Others"}
    scim("PATCH", f"/Groups/{group['id']}", {"schemas": [PATCH], "Operations": [rename]})
    mapping = {"mappings": [{"group": "Others", "role": "admin"}]}
    assert call(world, "PUT", "/v1/team/scim-role-mapping", mapping, session).status == 200
    by_hand = f"/v1/members/{one['id']}/role"
    assert call(world, "PUT", by_hand, {"role": "member"}, session).status == 200
    assert call(world, "DELETE", f"{by_hand}-override", None, session).json["role"] == "admin"
    assert call(world, "GET", f"/v1/members/{one['id']}/explain", None, session).status == 200
    scim("DELETE", f"/Users/{two['id']}")
    assert call(world, "DELETE", f"/v1/members/{three['id']}", None, session).status == 200
    scim("DELETE", f"/Groups/{outer['id']}")


def _person(number: int) -> dict[str, Any]:
    addresses = [{"value": f"p{number}@idp.example", "primary": True}, {"value": "further@idp.example"}]
    return person(f"p{number}@idp.example", externalId=f"x{number}", emails=addresses)
