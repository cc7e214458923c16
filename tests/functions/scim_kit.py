"""What tests of SCIM share: a token, and calls as an identity provider makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit import Answer, TeamOf, World

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Provider:
    """An identity provider with its token."""

    def __init__(self, world: World, team: TeamOf | None = None, **fields: Any) -> None:
        """Sign an owner in and have a token made."""
        self.world = world
        self.team = team or world.acme
        owner = self.team.owner
        login = {"email": owner.email, "password": owner.password}
        session = world.call("POST", f"/v1/teams/{self.team.slug}/sessions", login).json["token"]
        made = world.call("POST", "/v1/team/scim-tokens", {"name": "provider", **fields}, token=session)
        assert made.status == 201, made.body
        self.token = made.json["secret"]

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Answer:
        media = {"content-type": "application/scim+json"} if body is not None else {}
        sent = {**media, **(headers or {})}
        return self.world.call(method, f"/scim/v2{path}", body, token=self.token, headers=sent, **more)

    def post(self, user_name: str = "nora@idp.example", **fields: Any) -> Answer:
        return self.call("POST", "/Users", person(user_name, **fields))

    def new(self, user_name: str = "nora@idp.example", **fields: Any) -> Any:
        """Create a user and return it."""
        answer = self.post(user_name, **fields)
        assert answer.status == 201, answer.body
        return answer.json

    def patch(self, path: str, *operations: Mapping[str, Any], **more: Any) -> Answer:
        return self.call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **more)

    def get(self, path: str, **more: Any) -> Answer:
        return self.call("GET", path, **more)

    def group(self, name: str, *members: str, **fields: Any) -> Any:
        """Create a group and return it."""
        listed = [{"value": member} for member in members]
        answer = self.call("POST", "/Groups", {"schemas": [GROUP], "displayName": name, "members": listed, **fields})
        assert answer.status == 201, answer.body
        return answer.json


def person(user_name: str, **fields: Any) -> dict[str, Any]:
    """Return a user as Okta's and Entra's first POST has it."""
    emails = [{"value": user_name, "type": "work", "primary": True}] if "@" in user_name else []
    given = {"name": {"givenName": "Nora", "familyName": "New"}, "active": True, "emails": emails}
    return {"schemas": [USER], "userName": user_name, **given, **fields}
