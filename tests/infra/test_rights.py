"""Least privilege: a whole journey through the local stack asks for nothing that template.yaml does not grant."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.functions.test_token_leaks import report
from tests.infra.by_sso import signing_in
from tests.infra.grouping import grouping
from tests.infra.rights import Right, asked, missing, watched
from tests.infra.template_reading import allows, functions, grants
from tests.sso_kit import connected, session_via, trial_of
from tests.toy_idp import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import Answer, Person, World

OWNER = "amy@hooli.example"
PASSWORD = "long enough for anybody"
FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}
BEYOND_THE_JOURNEY = {
    ("introspect", "UpdateItem", "M#*"): "the session or token that is shown has not been used in this hour",
    ("product_token", "UpdateItem", "M#*"): "a session half of whose idle time is over is extended",
    ("remove", "UpdateItem", "SU#*"): "a member of more than thirty groups leaves some of them first",
    ("scim", "UpdateItem", "T#*"): "an owner whose domain is proven is cut off",
    ("scim", "PutItem", "OUT#*"): "the last owner was to be cut off",
    ("scim", "PutItem", "SC#*"): "a member whose domain is not proven waits for an owner's word",
    ("scim", "DeleteItem", "SC#*"): "a member whose domain is not proven waits for an owner's word",
    ("team", "UpdateItem", "H#*"): "giver and heir stand in different blocks of the roster",
    ("accept", "DeleteItem", "U#*"): "an invitation that its inviter could not grant any more is withdrawn",
}


def test_a_right_is_granted_by_action_and_beginning_of_the_partition_key() -> None:
    assert allows("invite", "PutItem", "I#t")
    assert allows("invite", "PutItem", "IDEM#h")
    assert not allows("invite", "PutItem", "M#t#m")
    assert not allows("invite", "Scan", "I#t")
    assert missing({("invite", Right("DeleteItem", "A#t"))}) == {"invite lacks dynamodb:DeleteItem on A#*"}


def test_a_transaction_asks_for_what_it_contains() -> None:
    key = {"PK": {"S": "M#t#m"}, "SK": {"S": "MEMBER"}}
    items = [{"Put": {"Item": key}}, *({kind: {"Key": key}} for kind in ("Update", "Delete", "ConditionCheck"))]
    rights = list(asked("TransactWriteItems", {"TransactItems": items}))
    assert [right.action for right in rights] == ["PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"]
    assert {right.prefix for right in rights} == {"M#"}


def test_a_query_asks_for_the_partition_it_names() -> None:
    query = {
        "IndexName": "expiry",
        "KeyConditionExpression": "(#0 = :0 AND #1 <= :1)",
        "ExpressionAttributeNames": {"#0": "XP", "#1": "XS"},
        "ExpressionAttributeValues": {":0": {"S": "X#20250101#3"}, ":1": {"S": "z"}},
    }
    assert list(asked("Query", query)) == [Right("Query", "X#20250101#3", index=True)]


@pytest.fixture(scope="module")
def used(seeded: World) -> Iterator[set[tuple[str, Right]]]:
    seeded.reset()
    _found_team()
    with watched() as seen:
        _signing_up(seeded)
        _joining(seeded)
        _browsing(seeded)
        _breaking_glass(seeded)
        _looking(seeded)
        _connecting_sso(seeded)
        _administering(seeded)
        _granting(seeded)
        signing_in(seeded)
        _later(seeded)
        _ending(seeded)
    yield seen
    seeded.reset()


def _found_team() -> None:
    from rollcall import clock  # noqa: PLC0415 - the package learns the table's name when it is imported
    from rollcall.actions.create_team import NewTeam, create_team  # noqa: PLC0415
    from rollcall.http.schedule import system_call  # noqa: PLC0415
    from rollcall.mail.address import canonical  # noqa: PLC0415

    wanted = NewTeam("hooli", "Hooli", canonical(OWNER), "Amy Lee", {"trustgate": "TrustGate"})
    create_team(system_call(clock.now()), wanted)


def _signing_up(world: World) -> None:
    asked = {"name": "Piper", "slug": "piper", "owner": {"email": "ric@piper.example", "name": "Ric Hen"}}
    assert _call(world, "POST", "/v1/teams", asked).status == 202
    assert _call(world, "POST", "/v1/teams", {**asked, "name": "Other"}).status == 409
    token = world.link("ric@piper.example")
    assert _call(world, "GET", f"/reset/{token}").status == 200
    complete = {"token": token, "password": PASSWORD}
    assert _call(world, "POST", "/v1/password-resets/complete", complete).status == 204


def _call(world: World, method: str, path: str, body: object = None, token: str | None = None, **more: str) -> Answer:
    """Call, as if each function ran in a process of its own, which has not seen the caller yet."""
    sys.modules["rollcall.storage.marks"]._seen.clear()
    headers = {**({} if body is None else {"idempotency-key": uuid4().hex}), **more}
    return world.call(method, path, body, token=token, headers=headers)


def _link_to_sso(reset: str) -> None:
    """Give the holder of a link a tie to an SSO connection, which the first proof of their address voids."""
    from rollcall.auth import secrets  # noqa: PLC0415 - as in `_found_team`
    from rollcall.domain.changes import Change, Updated  # noqa: PLC0415
    from rollcall.storage import keys  # noqa: PLC0415
    from rollcall.storage.commit import commit  # noqa: PLC0415
    from rollcall.storage.reads import read  # noqa: PLC0415

    token = secrets.parse(reset)
    assert token
    who = token.team_id, token.owner_id
    member = read([keys.member(*who)]).member(*who)
    assert member
    tied = replace(member, subjects={"idp_" + "0" * 26: "somebody"}, version=member.version + 1)
    commit(Change((Updated(member, tied),)))


def _joining(world: World) -> None:
    owner, reset = world.acme.owner.pat, world.link(OWNER)
    for email, role in (("new0@example.com", "owner"), ("new1@example.com", "member"), ("new2@example.com", "member")):
        _invite(world, email, role)
    mailed = world.link("new0@example.com")
    assert _call(world, "GET", f"/i/{mailed}", token=owner).status == 409
    assert _call(world, "GET", f"/i/{reset}").status == _call(world, "GET", f"/reset/{mailed}").status == 410
    for token in (mailed, world.link("new1@example.com")):
        assert _call(world, "GET", f"/i/{token}").status == 200
        assert _call(world, "POST", "/v1/invitations/inspect", {"token": token}).status == 200
        joined = {"token": token, "name": "New Person", "password": PASSWORD}
        assert _call(world, "POST", "/v1/invitations/accept", joined).status == 201
    assert _call(world, "GET", f"/reset/{reset}").status == 200
    _link_to_sso(reset)
    complete = {"token": reset, "password": PASSWORD}
    assert _call(world, "POST", "/v1/password-resets/complete", complete).status == 204
    assert _call(world, "GET", "/v1/teams/hooli/sign-in-options").status == 200
    login = {"email": OWNER, "password": PASSWORD}
    assert _call(world, "POST", "/v1/teams/hooli/sessions", login).status == 201


def _browsing(world: World) -> None:
    """Signing in by the form, twice, and out; the cookie of the first is of another team."""
    ours = {"origin": os.environ["PUBLIC_BASE_URL"]}
    cookie = ""
    for slug, who in (("globex", world.globex.member), ("acme", world.acme.member)):
        form = urlencode({"email": who.email, "password": who.password}).encode()
        entered = _call(world, "POST", f"/t/{slug}", form, cookie=cookie, **FORM_TYPE, **ours)
        assert entered.status == 303
        cookie = entered.headers["set-cookie"].partition(";")[0]
    assert _call(world, "GET", "/t/acme", cookie=cookie).status == 200
    assert _call(world, "POST", "/t/acme/sign-out", b"", cookie=cookie, **FORM_TYPE, **ours).status == 303
    assert _call(world, "GET", "/t/acme/forgot").status == 200
    form = urlencode({"email": world.acme.member.email}).encode()
    assert _call(world, "POST", "/t/acme/forgot", form, **FORM_TYPE).status == 202


def _breaking_glass(world: World) -> None:
    """An owner makes codes twice and uses one; the pages show how people sign in else."""
    session = _session(world, world.acme.owner, "acme")
    made = [_call(world, "POST", "/v1/team/break-glass-codes", {}, session) for _ in range(2)]
    assert [answer.status for answer in made] == [201, 201]
    code = {"email": world.acme.owner.email, "code": made[1].json["codes"][0]}
    assert _call(world, "POST", "/v1/teams/acme/break-glass-sessions", code).status == 201
    form = urlencode({**code, "code": made[1].json["codes"][1]}).encode()
    assert _call(world, "GET", "/t/acme/break-glass").status == 200
    assert _call(world, "POST", "/t/acme/break-glass", form, **FORM_TYPE).status == 303


def _looking(world: World) -> None:
    owner = world.acme.owner.pat
    one = _invite(world, "new3@example.com", "member")
    for verb, status in (("resend", 200), ("link", 200), ("revoke", 204)):
        assert _call(world, "POST", f"/v1/invitations/{one}/{verb}", {}, owner).status == status
    _invite(world, "new3@example.com", "member")
    paths = [f"/v1/invitations/{one}", "/v1/invitations", "/v1/invitations?state=revoked", "/healthz", "/v1/me"]
    paths += ["/v1/members?role=member", "/v1/members?q=new", f"/v1/members/{world.acme.member.id}"]
    joined = world.events("invitation.accepted")[-1]["target"]["id"]
    paths += ["/v1/audit-events", "/v1/audit-events/export", f"/v1/members/{joined}/explain"]
    for path in paths:
        assert _call(world, "GET", path, token=owner).status == 200
    assert _call(world, "PATCH", "/v1/me", {"name": "Another Name"}, owner).status == 200
    assert _call(world, "GET", "/v1/nothing-here", token=owner).status == 404


def _connecting_sso(world: World) -> None:
    """Set a connection up, try it, enforce it, let go of it; by a session that no password made."""
    session, path = session_via(world, world.acme.owner.id, "sso"), "/v1/team/sso-connections"
    body = {"provider": "oidc", "client_id": "rollcall", "client_secret": "a secret"}
    with serving() as idp, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSO_LOCAL_ISSUERS", idp.issuer)
        made = _call(world, "POST", path, {**body, "issuer": idp.issuer}, session).json["id"]
        assert _call(world, "POST", f"{path}/{made}/test", {}, session).json["ok"]
    tried = connected(world, tested=trial_of(world.acme.owner.id), worked=False)
    for method, where, sent, status in (
        ("GET", path, None, 200),
        ("GET", f"{path}/{made}", None, 200),
        ("PATCH", f"{path}/{made}", {"name": "Renamed"}, 200),
        ("PUT", f"{path}/{made}/role-mapping", {"mappings": []}, 200),
        ("PUT", "/v1/team/sso-enforcement?preview=true", {"enforced": True}, 200),
        ("PUT", "/v1/team/sso-enforcement", {"enforced": True}, 200),
        ("PUT", "/v1/team/sso-enforcement", {"enforced": False}, 200),
        ("DELETE", f"{path}/{made}", None, 204),
        ("DELETE", f"{path}/{tried.id}", None, 204),
    ):
        assert _call(world, method, where, sent, session).status == status, where


def _administering(world: World) -> None:
    team, member = world.acme, f"/v1/members/{world.acme.member.id}"
    for method, path, body, status in (
        ("GET", f"{member}/sessions", None, 200),
        ("POST", f"{member}/password-reset", {}, 202),
        ("POST", f"{member}/revoke-tokens", {}, 204),
        ("POST", f"{member}/revoke-sessions", {}, 204),
        ("PUT", f"{member}/role", {"role": "owner"}, 200),
        ("DELETE", f"{member}/role-override", None, 200),
        ("PUT", f"{member}/role", {"role": "owner"}, 200),
        ("POST", f"{member}/deactivate", {}, 200),
        ("POST", f"{member}/reactivate", {}, 200),
        ("PUT", f"{member}/role", {"role": "member"}, 200),
        ("PUT", f"{member}/products", {"only": ["trustgate"]}, 200),
        ("GET", f"{member}/tokens", None, 200),
        ("PATCH", "/v1/team", {"name": "Acme Two"}, 200),
        ("GET", "/v1/team/products", None, 200),
        ("POST", "/v1/team/products", {"key": "newest", "name": "Newest"}, 201),
        ("PATCH", "/v1/team/settings/invitations", {"expiry_days": 8}, 200),
    ):
        assert _call(world, method, path, body, team.owner.pat).status == status, path
    bulk = {"emails": ["new4@example.com", team.admin.email], "role": "member", "products": {"all": True}}
    assert _call(world, "POST", "/v1/invitations/bulk", bulk, team.owner.pat).status == 200
    for joined in {event["target"]["id"] for event in world.events("invitation.accepted")}:
        assert _call(world, "DELETE", f"/v1/members/{joined}", None, team.owner.pat).status == 200
    assert _call(world, "POST", "/v1/me/leave", {}, team.admin.pat).status == 204


def _granting(world: World) -> None:
    team, session = world.globex, _session(world, world.globex.owner)
    token = _call(world, "POST", "/v1/tokens", {"name": "ci"}, session).json["id"]
    assert _call(world, "POST", "/v1/teams/globex/password-resets", {"email": team.owner.email}).status == 202
    changed = {"current_password": team.owner.password, "new_password": PASSWORD}
    assert _call(world, "PUT", "/v1/me/password", changed, session).status == 204
    world.mails()
    ended = _session(world, team.admin)
    assert _call(world, "GET", "/v1/sessions", token=ended).status == 200
    assert _call(world, "DELETE", "/v1/sessions/current", token=ended).status == 204
    assert _call(world, "PATCH", f"/v1/tokens/{token}", {"name": "cd"}, session).status == 200
    due = {"name": "due", "expires_at": f"{datetime.now(UTC) + timedelta(days=14):%Y-%m-%dT%H:%M:%SZ}"}
    assert _call(world, "POST", "/v1/tokens", due, session).status == 201
    ends = {"overlap_minutes": 0}
    token = _call(world, "POST", f"/v1/tokens/{token}/rotate", ends, session).json["id"]
    assert _call(world, "DELETE", f"/v1/tokens/{token}", None, session).status == 204
    listed = "/v1/team/products/trustgate/service-tokens"
    leak = _call(world, "POST", listed, {"name": "leaked"}, session).json["secret"]
    held = _call(world, "POST", "/v1/tokens", {"name": "leaked"}, session).json["secret"]
    assert report(world, leak, held, _session(world, team.admin)).json == {"revoked": 3}
    preview = "/v1/team/settings/tokens?preview=true"
    assert _call(world, "PATCH", preview, {"max_age_days": 30}, session).status == 200
    issued = _call(world, "POST", listed, {"name": "live"}, session).json
    grants_of = f"/v1/members/{team.member.id}/grants"
    for name in ("One", "Another"):
        assert _call(world, "PUT", f"{grants_of}/vault", {"name": name}, issued["secret"]).status in {200, 201}
    _asking(world, issued["secret"], session)
    assert _call(world, "DELETE", f"/v1/members/{team.member.id}", None, session).status == 409
    assert _call(world, "GET", grants_of, token=session).status == 200
    assert _call(world, "DELETE", grants_of, None, session).status == 200
    assert _call(world, "GET", listed, token=session).status == 200
    assert _call(world, "DELETE", f"{listed}/{issued['id']}", None, session).status == 204
    assert _call(world, "POST", listed, {"name": "left over"}, session).status == 201
    _connecting(world, session)
    heir = {"member_id": team.admin.id}
    assert _call(world, "POST", "/v1/team/transfer-ownership", heir, session).status == 200


def _connecting(world: World, session: str) -> None:
    path = "/v1/team/scim-tokens"
    tokens = [_call(world, "POST", path, {"name": name}, session).json for name in ("old", "new")]
    assert report(world, tokens[1]["secret"]).json == {"revoked": 1}
    assert _call(world, "GET", path, token=session).status == 200
    assert _call(world, "DELETE", f"{path}/{tokens[0]['id']}", None, session).status == 204
    ends = f"{datetime.now(UTC) + timedelta(days=14):%Y-%m-%dT%H:%M:%SZ}"
    due = _call(world, "POST", path, {"name": "due", "expires_at": ends}, session)
    secret = due.json["secret"]
    _proving(world, session)
    mapping = {"mappings": [{"group": "Engineers", "role": "admin"}]}
    assert _call(world, "PUT", "/v1/team/scim-role-mapping", mapping, session).status == 200
    grouping(world, _call, secret, session)


def _proving(world: World, session: str) -> None:
    """One domain is given up, one another team has, and one lapses later."""
    for name in ("gone.example.com", "kept.example.com", "lapsing.example.com"):
        record = _call(world, "POST", "/v1/team/domains", {"domain": name}, session).json["record"]
        world.publish(record["name"], record["value"])
        assert _call(world, "POST", f"/v1/team/domains/{name}/verify", {}, session).status == 200
        world.publish(record["name"], *([record["value"]] if name.startswith("kept") else []))
    assert _call(world, "POST", "/v1/team/domains", {"domain": name}, world.acme.owner.pat).status == 409
    for listed in ("domains", "scim-log", "scim-conflicts"):
        assert _call(world, "GET", f"/v1/team/{listed}", token=session).status == 200
    for who in (world.globex.admin, world.globex.owner):
        _conflict(world, who)
    accept = f"/v1/team/scim-conflicts/{world.globex.admin.id}/accept"
    assert _call(world, "POST", accept, {}, session).status == 200
    assert _call(world, "DELETE", "/v1/team/domains/gone.example.com", None, session).status == 204


def _conflict(world: World, who: Person) -> None:
    """Put down what a refused request of a provider leaves: a conflict, and an entry of the log."""
    from rollcall import clock  # noqa: PLC0415 - the package learns the table's name when it is imported
    from rollcall.domain.changes import Change  # noqa: PLC0415
    from rollcall.domain.scim_conflicts import ScimConflict, renewed  # noqa: PLC0415
    from rollcall.http.schedule import system_call  # noqa: PLC0415
    from rollcall.storage.commit import commit  # noqa: PLC0415
    from rollcall.storage.scim_log import Entry, entry_item  # noqa: PLC0415

    now, team_id = clock.now(), world.globex.id
    entry = Entry(system_call(now).new_id("log"), "POST", "/scim/v2/Users", 409, "refused")
    sent = ScimConflict(team_id, who.id, who.email, None, json.dumps({"userName": who.email}), now, now)
    commit(Change(steps=(renewed(None, sent),)), (), entry_item(team_id, entry))


def _asking(world: World, service: str, session: str) -> None:
    for token, status in ((service, 200), (session, 403)):
        assert _call(world, "POST", "/v1/introspect", {"token": session}, token).status == status
    for token, status in ((session, 201), (service, 403)):
        assert _call(world, "POST", "/v1/product-tokens", {"product": "trustgate"}, token).status == status
    assert _call(world, "GET", "/.well-known/jwks.json").status == 200


def _session(world: World, person: Person, slug: str = "globex") -> str:
    login = {"email": person.email, "password": person.password}
    return str(_call(world, "POST", f"/v1/teams/{slug}/sessions", login).json["token"])


def _ending(world: World) -> None:
    """The heir deletes the team, and a schedule clears up."""
    _invite_to_globex(world)
    session = _session(world, world.globex.admin)
    assert _call(world, "DELETE", "/v1/team", {"name": "Globex"}, session).status == 204
    world.mails()
    world.advance(3600)
    world.invoke("purge")


def _invite_to_globex(world: World) -> None:
    body = {"email": "new5@example.com", "role": "member", "products": {"all": True}}
    for _ in range(2):
        made = _call(world, "POST", "/v1/invitations", body, world.globex.admin.pat).json["id"]
        assert _call(world, "POST", f"/v1/invitations/{made}/revoke", {}, world.globex.admin.pat).status == 204
    _call(world, "POST", "/v1/invitations", body, world.globex.admin.pat)


def _later(world: World) -> None:
    """After the deadline of every invitation: the sweep marks them, and one is sent anew."""
    late = {"token": world.link("new3@example.com")}
    for _ in range(8):
        world.advance(24 * 3600)
        world.invoke("expire")
    assert _call(world, "POST", "/v1/invitations/renewal-request", late).status == 202
    world.invoke("send_mail")
    _invite(world, "new3@example.com", "member")
    world.mails()


def _invite(world: World, email: str, role: str) -> str:
    body = {"email": email, "role": role, "products": {"all": True}}
    answer = _call(world, "POST", "/v1/invitations", body, world.acme.owner.pat)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def test_case_298_every_call_of_a_journey_is_granted(used: set[tuple[str, Right]]) -> None:
    assert missing(used) == set()


def test_case_298_nothing_is_granted_that_no_call_needs(used: set[tuple[str, Right]]) -> None:
    asked_for = {(folder, right.action, f"{right.prefix}*") for folder, right in used}
    granted = {
        (folder, grant.action.removeprefix("dynamodb:"), pattern)
        for folder in functions()
        for grant in grants(folder)
        for pattern in grant.keys or ()
    }
    assert granted - asked_for == set(BEYOND_THE_JOURNEY)
