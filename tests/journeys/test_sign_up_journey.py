"""From nothing to a team of two, without an operator; then the team goes and its slug is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kit import GOOD_PASSWORD
from tests.operations import ask, sign_up

if TYPE_CHECKING:
    from tests.kit import World

AMY = "amy@hooli.example"
BO = "bo@hooli.example"


def test_somebody_founds_a_team_invites_a_colleague_and_deletes_it_again(world: World) -> None:
    with world.tells():
        assert sign_up(world, email=AMY).status == 202
    (letter,) = world.mails(AMY)
    assert letter.subject == "Create the team Hooli on Rollcall"
    link = world.link(AMY)
    assert letter.links == (f"http://127.0.0.1:8000/reset/{link}",)
    assert world.call("GET", f"/reset/{link}").status == 200
    with world.tells("team.created"):
        assert world.post_form(f"/reset/{link}", f"password={GOOD_PASSWORD.replace(' ', '+')}").status == 200

    login = {"email": AMY, "password": GOOD_PASSWORD}
    session = world.call("POST", "/v1/teams/hooli/sessions", login).json["token"]
    body = {"email": BO, "role": "member", "products": {"all": True}}
    assert ask(world, "POST", "/v1/invitations", body, session).status == 201
    assert world.accept(world.link(BO), "Bo Kim").status == 201
    assert ask(world, "GET", "/v1/members", None, session).json["total"] == 2
    audit = ask(world, "GET", "/v1/audit-events", None, session).json["data"]
    assert [event["action"] for event in audit][-1] == "team.created"

    assert ask(world, "DELETE", "/v1/team", {"name": "Hooli"}, session).status == 204
    world.advance(3600)
    world.invoke("purge")
    assert sign_up(world, name="Another Hooli", email=BO).status == 202
