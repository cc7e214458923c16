"""What the terminal shows: where to go, how to sign in, one curl, and request lines without anything secret."""

from __future__ import annotations

import io

from infra.local.console import Console, box
from infra.local.replies import Response

PROBLEM = [("content-type", "application/problem+json"), ("x-request-id", "req-1")]


def person(name: str) -> dict[str, str]:
    return {"email": f"{name}@acme.example", "password": f"{name} has a long password", "pat": f"rc_pat_{name}"}


def described(*teams: dict[str, object]) -> dict[str, object]:
    base = "http://127.0.0.1:8000"
    names = {"scim_url": "/scim/v2", "mailbox_url": "/_dev/mail", "clock_url": "/_dev/clock"}
    return {"base_url": base, "teams": list(teams), **{name: base + path for name, path in names.items()}}


def test_the_box_shows_the_first_teams_people_and_a_curl_with_the_owners_token() -> None:
    team: dict[str, object] = {"slug": "acme", "owner": person("ada"), "admin": person("bob"), "member": None}
    text = box(described(team, {"slug": "other", "owner": person("eve")}))
    assert "Sign in to team acme" in text
    assert "bob@acme.example  bob has a long password" in text
    assert "eve" not in text
    assert "curl -s -H 'Authorization: Bearer rc_pat_ada' http://127.0.0.1:8000/v1/members" in text
    framed = [line for line in text.splitlines() if line.startswith(("┌", "│", "└"))]
    assert len({len(line) for line in framed}) == 1


def test_the_box_stands_without_anybody_to_sign_in_as() -> None:
    text = box(described())
    assert "http://127.0.0.1:8000/_dev/mail" in text
    assert "curl" not in text


def test_a_request_line_names_the_route_and_the_problem_code() -> None:
    stream = io.StringIO()
    answer = Response(409, PROBLEM, b'{"code": "last_owner"}', "RemoveFunction", "DELETE /v1/members/{id}", 12.4)
    Console(stream).request("DELETE", answer)
    assert stream.getvalue().split() == ["DELETE", "/v1/members/{id}", "409", "12", "ms", "req-1", "last_owner"]


def test_a_console_that_nobody_reads_any_more_stops_nothing() -> None:
    stream = io.StringIO()
    stream.close()
    Console(stream).say("hello")
