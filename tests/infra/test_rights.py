"""Least privilege: a whole journey through the local stack asks for nothing that template.yaml does not grant."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from infra.local.stack import Stack
from tests.infra.rights import Right, asked, missing, watched
from tests.infra.template_reading import allows, functions, grants

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "amy@acme.example"
PASSWORD = "long enough for anybody"
SIGNED_IN = ("accept", "invite", "list_invitations", "list_members", "manage_invitation")
BEYOND_THE_JOURNEY = {
    **{(folder, "UpdateItem", "M#*"): "a session half of whose idle time is over is extended" for folder in SIGNED_IN},
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


class Caller:
    """One person's requests; nothing is refused but what is said to be."""

    def __init__(self, stack: Stack, credential: str | None = None) -> None:
        self._stack = stack
        self._headers = [("host", "127.0.0.1:8000")]
        if credential:
            self._headers.append(("authorization", f"Bearer {credential}"))

    def __call__(self, method: str, path: str, body: object = None, *, refused: int | None = None) -> Any:  # noqa: ANN401
        sys.modules["rollcall.storage.marks"]._seen.clear()  # each function is a process of its own
        headers, content = list(self._headers), b""
        if body is not None:
            headers.append(("content-type", "application/json"))
            headers.append(("idempotency-key", uuid4().hex))
            content = json.dumps(body).encode()
        response = self._stack.call(method, path, headers, content)
        assert (response.status if response.status >= 400 else None) == refused, (method, path, response)
        return json.loads(response.body) if response.body.startswith(b"{") else None


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[tuple[str, Right]]]:
    with Stack(dev_folder=tmp_path_factory.mktemp("dev")) as stack, _imported_afresh():
        _found_team()
        with watched() as seen:
            _journey(stack)
        yield seen


@contextmanager
def _imported_afresh() -> Iterator[None]:
    """The package learns the table's name when it is imported; what other tests have imported comes back afterwards."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "rollcall"}
    for name in before:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "rollcall"]:
            del sys.modules[name]
        sys.modules.update(before)


def _found_team() -> None:
    from rollcall import clock  # noqa: PLC0415 - see _imported_afresh
    from rollcall.actions.create_team import NewTeam, create_team  # noqa: PLC0415
    from rollcall.http.schedule import system_call  # noqa: PLC0415
    from rollcall.mail.address import canonical  # noqa: PLC0415

    wanted = NewTeam("acme", "Acme", canonical(OWNER), "Amy Lee", {"trustgate": "TrustGate"})
    create_team(system_call(clock.now()), wanted)


def _journey(stack: Stack) -> None:
    anybody = Caller(stack)
    reset = _token(stack, OWNER)
    anybody("GET", f"/reset/{reset}")
    anybody("POST", "/v1/password-resets/complete", {"token": reset, "password": PASSWORD})
    anybody("GET", "/v1/teams/acme/sign-in-options")
    session = anybody("POST", "/v1/teams/acme/sessions", {"email": OWNER, "password": PASSWORD})["token"]
    owner = Caller(stack, session)
    invited = [_invite(owner, number, role) for number, role in enumerate(("owner", "member", "member"))]
    owner("GET", "/v1/invitations?state=pending")
    owner("GET", f"/v1/invitations/{invited[0]}")
    owner("POST", f"/v1/invitations/{invited[0]}/resend", {})
    owner("POST", f"/v1/invitations/{invited[2]}/revoke", {})
    owner("GET", "/v1/invitations?state=revoked")
    _invite(owner, 2, "member")
    mailed, copied = _token(stack, "new0@example.com"), owner("POST", f"/v1/invitations/{invited[1]}/link", {})["url"]
    owner("GET", f"/i/{mailed}", refused=409)
    for token in (mailed, copied.rsplit("/", 1)[1]):
        anybody("GET", f"/i/{token}")
        anybody("POST", "/v1/invitations/inspect", {"token": token})
        anybody("POST", "/v1/invitations/accept", {"token": token, "name": "New Person", "password": PASSWORD})
    owner("GET", "/v1/members?role=member")
    members = owner("GET", "/v1/members?q=new&role=owner")
    owner("GET", f"/v1/members/{members['data'][0]['id']}")
    owner("GET", "/v1/me")
    owner("PATCH", "/v1/me", {"name": "Another Name"})
    owner("GET", "/healthz")
    owner("GET", "/v1/nothing-here", refused=404)
    anybody("GET", f"/i/{reset}", refused=410)
    anybody("GET", f"/reset/{mailed}", refused=410)
    stack.drain()
    stack.advance(8 * 24 * 3600)
    again = anybody("POST", "/v1/teams/acme/sessions", {"email": OWNER, "password": PASSWORD})["token"]
    _invite(Caller(stack, again), 2, "member")
    stack.drain()


def _token(stack: Stack, email: str) -> str:
    """The token of the newest link that was mailed to somebody."""
    stack.drain()
    letters = Caller(stack)("GET", f"/_dev/mail?to={email}&format=json")["data"]
    (link, *_) = [link for link in letters[-1]["links"] if "/i/" in link or "/reset/" in link]
    token: str = link.rsplit("/", 1)[1]
    return token


def _invite(owner: Caller, number: int, role: str) -> str:
    body = {"email": f"new{number}@example.com", "role": role, "products": {"all": True}, "send_password_email": True}
    invitation: str = owner("POST", "/v1/invitations", body)["id"]
    return invitation


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
