"""The toy providers against a scripted server: what they send, what they repeat, and when they give up."""

from __future__ import annotations

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.toys.directory import Directory, Group, Person
from infra.local.toys.entra import Entra, shown
from infra.local.toys.job import ENTERPRISE, Quarantined
from infra.local.toys.okta import Okta
from infra.local.toys.wire import Patience, Unreachable, Wire, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.toys.job import Job

NOTHING = {"totalResults": 0, "Resources": []}


class Scripted(ThreadingHTTPServer):
    """Answers from a script, then with `otherwise`, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Script)
        self.script: deque[tuple[int, dict[str, str], Any]] = deque()
        self.otherwise: tuple[int, dict[str, str], Any] = (200, {}, NOTHING)
        self.asked: list[tuple[str, str, Any]] = []

    def say(self, *answers: Any) -> None:
        self.script.extend((200, {}, one) if isinstance(one, dict) else one for one in answers)


class _Script(BaseHTTPRequestHandler):
    server: Scripted

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append((self.command, self.path, json.loads(body) if body else None))
        status, headers, told = self.server.script.popleft() if self.server.script else self.server.otherwise
        text = json.dumps(told).encode()
        self.send_response(status)
        for name, value in ({"content-length": str(len(text))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 http.server's name
        pass


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as scripted:
        thread = threading.Thread(target=scripted.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield scripted
        scripted.shutdown()
        thread.join()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def wire(server: Scripted, pauses: list[float]) -> Wire:
    url = f"http://127.0.0.1:{server.server_port}/scim/v2"
    return Wire(url, "secret", "toy", Patience(timeout=5, tries=4), pauses.append)


def of(job: type[Job], wire: Wire, *entries: Person | Group, **more: Any) -> Any:
    directory = Directory()
    directory.add(*entries)
    return job(wire, directory, **more)


def ada(**fields: Any) -> Person:
    return Person("k-ada", "Ada@example.com", "Ada", "Lovelace", **fields)


def operations(server: Scripted) -> list[list[dict[str, Any]]]:
    return [body["Operations"] for method, _, body in server.asked if method == "PATCH"]


def test_a_busy_server_is_asked_again_when_it_says_so_else_after_twice_as_long(
    server: Scripted, wire: Wire, pauses: list[float]
) -> None:
    server.say((429, {"retry-after": "7"}, {}), (503, {}, {}), (500, {}, {}), NOTHING)
    assert wire.call("GET", "/Users", who="-", why="-").ok
    assert pauses == [7.0, 2.0, 4.0]
    assert wire.rows[0].tries == 4
    assert "x4" in table(wire.rows)[1]


def test_a_server_that_stays_away_is_given_up(server: Scripted, wire: Wire, pauses: list[float]) -> None:
    server.server_close()
    with pytest.raises(Unreachable):
        wire.call("GET", "/Users", who="-", why="-")
    assert pauses == [1.0, 2.0, 4.0]


def test_a_refusal_is_not_repeated_and_waits_for_the_next_cycle(server: Scripted, wire: Wire) -> None:
    job = of(Entra, wire, ada())
    server.say(NOTHING, (409, {}, {"scimType": "uniqueness", "detail": "taken"}))
    job.cycle()
    assert job.waiting == {"k-ada": "409 uniqueness taken"}
    server.say(NOTHING, (201, {}, {"id": "1"}))
    job.cycle()
    assert (job.waiting, job.ids) == ({}, {"k-ada": "1"})


@pytest.mark.parametrize("kind", [Entra, Okta])
def test_a_job_that_fails_for_most_goes_into_quarantine(server: Scripted, wire: Wire, kind: type[Job]) -> None:
    crowd = [Person(f"k-{n}", f"n{n}@example.com", "N", str(n)) for n in range(5)]
    job = of(kind, wire, *crowd)
    server.otherwise = (401, {}, {"detail": "token expired"})
    job.cycle()
    assert job.quarantine == "5 of 5 entries failed"
    asked = len(server.asked)
    with pytest.raises(Quarantined):
        job.cycle()
    assert len(server.asked) == asked


@pytest.mark.parametrize(("compliant", "sent"), [(False, ("Replace", "False")), (True, ("replace", False))])
def test_entra_switches_off_in_both_dialects(server: Scripted, wire: Wire, compliant: bool, sent: object) -> None:
    job = of(Entra, wire, ada(enabled=False), compliant=compliant)
    job.ids["k-ada"] = "1"
    server.say({"id": "1", "active": True})
    job.cycle()
    ((operation,),) = operations(server)
    value = operation["value"]["active"] if compliant else operation["value"]
    assert (operation["op"], value) == sent
    assert operation.get("path") == (None if compliant else "active")


def test_entra_with_the_flag_sends_dotted_and_urn_keys_without_a_path(server: Scripted, wire: Wire) -> None:
    job = of(Entra, wire, ada(department="Maths", manager="k-bo", phone="+1 2"), compliant=True)
    job.ids |= {"k-ada": "1", "k-bo": "2"}
    server.say({"id": "1", "active": True, "title": "gone"})
    job.cycle()
    ((remove, pathless, *filtered),) = operations(server)
    assert remove == {"op": "remove", "path": "title"}
    assert pathless["value"]["name.givenName"] == "Ada"
    assert pathless["value"][f"{ENTERPRISE}:department"] == "Maths"
    assert pathless["value"][f"{ENTERPRISE}:manager"] == {"value": "2"}
    assert [one["path"] for one in filtered] == ['emails[type eq "work"].value', 'phoneNumbers[type eq "work"].value']


@pytest.mark.parametrize(
    ("compliant", "removal"),
    [
        (False, {"op": "Remove", "path": "members", "value": [{"value": "1"}]}),
        (True, {"op": "remove", "path": 'members[value eq "1"]'}),
    ],
)
def test_entra_never_reads_members_and_sends_what_changed(
    server: Scripted, wire: Wire, compliant: bool, removal: object
) -> None:
    group = Group("k-g", "Crew", {"k-ada"})
    job = of(Entra, wire, group, compliant=compliant)
    job.ids["k-ada"] = "1"
    server.say(NOTHING, (201, {}, {"id": "9", "displayName": "Crew"}), (204, {}, {}))
    job.cycle()
    group.members.clear()
    server.say({"id": "9", "displayName": "Crew"}, (204, {}, {}))
    job.cycle()
    add, remove = operations(server)
    assert add[0]["value"] == [{"value": "1"}]
    assert remove == [removal]
    assert all("excludedAttributes=members" in path for method, path, _ in server.asked if method == "GET")


def test_okta_of_the_catalogue_patches_without_a_path_and_of_the_wizard_replaces_all(
    server: Scripted, wire: Wire
) -> None:
    for wizard in (False, True):
        person = ada()
        job = of(Okta, wire, person, Group("k-g", "Crew", {"k-ada"}), wizard=wizard)
        server.say(NOTHING, (201, {}, {"id": "1"}), NOTHING, (201, {}, {"id": "9"}))
        job.cycle()
        person.enabled = False
        job.cycle()
        job.directory.groups["k-g"].members.clear()
        job.cycle()
    methods = [(method, path.partition("?")[0].removeprefix("/scim/v2")) for method, path, _ in server.asked]
    assert methods[:6] == [
        ("GET", "/Users"),
        ("POST", "/Users"),
        ("GET", "/Groups"),
        ("POST", "/Groups"),
        ("PATCH", "/Users/1"),
        ("PATCH", "/Groups/9"),
    ]
    assert methods[10:] == [("GET", "/Users/1"), ("PUT", "/Users/1"), ("PUT", "/Groups/9")]
    created = server.asked[1][2]
    assert (created["password"], created["groups"], created["externalId"]) == ("1mz050nq", [], "k-ada")
    assert operations(server)[0] == [{"op": "replace", "value": {"active": False}}]
    assert server.asked[-1][2]["members"] == []


def test_okta_imports_page_by_page_and_never_deletes_a_user(server: Scripted, wire: Wire) -> None:
    job = of(Okta, wire, ada())
    server.say(
        {"totalResults": 3, "Resources": [{"id": "1"}, {"id": "2"}]}, {"totalResults": 3, "Resources": [{"id": "3"}]}
    )
    assert [one["id"] for one in job.imported()] == ["1", "2", "3"]
    assert [path.partition("?")[2] for _, path, _ in server.asked] == [
        "startIndex=1&count=100",
        "startIndex=3&count=100",
    ]
    job.ids["k-ada"] = "1"
    job.directory.people["k-ada"].deleted = True
    job.cycle()
    assert "DELETE" not in {method for method, _, _ in server.asked}


def test_a_mapping_reads_elements_extensions_and_parts() -> None:
    resource = {
        "emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w"}],
        "name": {"givenName": "Ada"},
        ENTERPRISE: {"manager": {"value": "7"}, "department": "D"},
    }
    paths = ('emails[type eq "work"].value', "name.givenName", f"{ENTERPRISE}:manager", f"{ENTERPRISE}:department")
    assert [shown(resource, path) for path in paths] == ["w", "Ada", "7", "D"]
    assert [shown({}, path) for path in (*paths, "title")] == [None] * 5
