"""Domains that a team claims: proof by DNS, one team at a time, looked up again daily (J5, cases 195 and 196)."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from dns.message import Message, from_wire, make_response
from dns.rcode import Rcode
from dns.resolver import Resolver
from dns.rrset import from_text

from rollcall.auth import dns
from rollcall.domain.errors import Unavailable
from rollcall.storage import keys, reads
from tests.operations import ask, newest, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import Answer, TeamOf, World

PATH = "/v1/team/domains"
DAY = 24 * 3600


def claim(world: World, name: str, of: TeamOf | None = None) -> Answer:
    return ask(world, "POST", PATH, {"domain": name}, (of or world.acme).admin.pat)


def verify(world: World, name: str, of: TeamOf | None = None) -> Answer:
    return ask(world, "POST", f"{PATH}/{name}/verify", None, (of or world.acme).admin.pat)


def prove(world: World, name: str, of: TeamOf | None = None) -> Any:
    """Claim a domain, publish its record, verify it; return the record."""
    record = claim(world, name, of).json["record"]
    world.publish(record["name"], "v=spf1 -all", record["value"])
    assert verify(world, name, of).status == 200
    return record


def states(world: World, of: TeamOf | None = None) -> dict[str, str]:
    listed = ask(world, "GET", PATH, None, (of or world.acme).owner.pat)
    assert listed.json["total"] == len(listed.json["data"])
    return {one["domain"]: one["state"] for one in listed.json["data"]}


def proven(world: World, name: str) -> bool:
    """What a request that provisions people reads with its authentication."""
    found = reads.read([keys.domain(world.acme.id, name)]).domain(world.acme.id, name)
    return found is not None and found.proven


def test_a_domain_is_proven_by_a_record_that_only_its_claim_has(world: World) -> None:
    made = claim(world, "Sales.Example.COM")
    assert (made.status, made.json["domain"], made.json["state"]) == (201, "sales.example.com", "pending")
    record = made.json["record"]
    assert (record["type"], record["name"]) == ("TXT", "_rollcall.sales.example.com")
    for texts in ((), ("v=spf1 -all",), (record["value"][:-1],), (f" {record['value']}",)):
        world.publish(record["name"], *texts)
        with world.unchanged():
            refused = verify(world, "sales.example.com")
        assert (refused.status, refused.code) == (409, "domain_not_proven")
    assert not proven(world, "sales.example.com")
    world.publish(record["name"], "another text", record["value"])
    with world.tells("domain.verified"):
        done = verify(world, "SALES.example.com")
    assert (done.status, done.json["state"]) == (200, "verified")
    assert done.json["verified_at"]
    assert proven(world, "sales.example.com")
    with world.unchanged():
        assert verify(world, "sales.example.com").status == 200


def test_claiming_again_tells_the_same_record(world: World) -> None:
    first = claim(world, "again.example.com").json
    with world.unchanged():
        assert claim(world, "again.example.com").json == first
    assert claim(world, "again.example.com", world.globex).json["record"]["value"] != first["record"]["value"]


@pytest.mark.parametrize(
    "name",
    [
        *("example", "localhost", "printer.local", "1.2.3.4", "[1.2.3.4]", "::1", "co.uk", "com.au", ""),
        *(
            "*.example.com",
            "_rollcall.example.com",
            "a..example.com",
            "-a.example.com",
            "example.com.",
            "a@example.com",
        ),
        *("https://example.com", "example.com/x", "exa mple.com", "example.com\nevil.com", "x" * 64 + ".com"),
        *(None, 7, ["example.com"], "a." * 126 + "com"),
    ],
)
def test_what_can_be_nobodys_own_domain_is_refused(world: World, name: object) -> None:
    with world.unchanged():
        refused = ask(world, "POST", PATH, {"domain": name})
    assert (refused.status, refused.pointers) == (400, ["/domain"])


def test_spellings_of_one_name_meet(world: World) -> None:
    assert claim(world, "Bücher.example.com").json["domain"] == "xn--bcher-kva.example.com"
    assert claim(world, "xn--bcher-kva.example.com").json["domain"] == "xn--bcher-kva.example.com"
    assert states(world) == {"xn--bcher-kva.example.com": "pending"}


@pytest.mark.parametrize("name", ["nowhere.example.com", "x" * 300, "%00", "a%20b"])
def test_a_domain_that_nobody_claimed_is_not_there(world: World, name: str) -> None:
    with world.unchanged():
        assert verify(world, name).status == 404
        assert ask(world, "DELETE", f"{PATH}/{name}").status == 404


def test_a_resolver_that_does_not_answer_proves_nothing_and_disproves_nothing(world: World) -> None:
    record = prove(world, "quiet.example.com")
    pending = claim(world, "silent.example.com").json["record"]
    world.publish(pending["name"], None)
    with world.unchanged():
        refused = verify(world, "silent.example.com")
    assert (refused.status, refused.code) == (503, "unavailable")
    assert "retry-after" in refused.headers
    world.publish(record["name"], None)
    for _ in range(10):
        world.advance(DAY)
        assert world.invoke("expire")["checked"] == 1
    assert states(world)["quiet.example.com"] == "verified"


class Server:
    """A name server on this machine that knows one record, and never answers for `silent`."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.resolver = Resolver(configure=False)
        self.resolver.nameservers, self.resolver.port = ["127.0.0.1"], self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                raw, asker = self.socket.recvfrom(4096)
                if answer := self.answer(from_wire(raw)):
                    self.socket.sendto(answer.to_wire(), asker)

    def answer(self, query: Message) -> Message | None:
        answer, name = make_response(query), str(query.question[0].name)
        if name.startswith("silent"):
            return None
        if name == "_rollcall.known.example.com.":
            answer.answer.append(from_text(name, 60, "IN", "TXT", '"rollcall-" "proof"', '"v=spf1 -all"'))
        elif not name.startswith("empty"):
            answer.set_rcode(Rcode.SERVFAIL if name.startswith("broken") else Rcode.NXDOMAIN)
        return answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv("DNS_ZONE", raising=False)
    monkeypatch.setattr(dns, "PATIENCE_SECONDS", 0.3)
    one = Server()
    monkeypatch.setattr("dns.resolver.Resolver", lambda: one.resolver)
    yield one
    one.socket.close()


@pytest.mark.usefixtures("server")
def test_the_texts_of_a_name_are_those_of_its_records_and_no_answer_is_not_no_record() -> None:
    assert sorted(dns.texts("_rollcall.known.example.com")) == ["rollcall-proof", "v=spf1 -all"]
    assert [list(dns.texts(f"{name}.example.com")) for name in ("unknown", "empty")] == [[], []]
    for name in ("silent", "broken"):
        with pytest.raises(Unavailable):
            dns.texts(f"{name}.example.com")


# ---------------------------------------------------------------- one team at a time


def test_case_196_a_domain_that_another_team_has_proven_is_taken(world: World) -> None:
    prove(world, "shared.example.com")
    with world.unchanged():
        refused = claim(world, "shared.example.com", world.globex)
    assert (refused.status, refused.code) == (409, "domain_taken")
    assert world.acme.id not in refused.body.decode()


def test_case_196_of_two_teams_that_claim_a_domain_the_first_to_prove_it_has_it(world: World) -> None:
    records = [claim(world, "race.example.com", of).json["record"] for of in (world.acme, world.globex)]
    world.publish(records[0]["name"], *(record["value"] for record in records))
    assert verify(world, "race.example.com", world.globex).status == 200
    with world.unchanged():
        refused = verify(world, "race.example.com")
    assert (refused.status, refused.code) == (409, "domain_taken")
    assert ask(world, "DELETE", f"{PATH}/race.example.com", None, world.globex.owner.pat).status == 204
    assert verify(world, "race.example.com").status == 200


def test_case_196_parents_and_subdomains_are_proven_apart(world: World) -> None:
    prove(world, "parent.example.com")
    assert not proven(world, "sub.parent.example.com")
    assert not proven(world, "example.com")
    prove(world, "sub.parent.example.com", world.globex)
    assert states(world) == {"parent.example.com": "verified"}


def test_case_196_a_record_that_stays_away_for_three_days_in_a_row_loses_the_domain(world: World) -> None:
    record = prove(world, "lapse.example.com")
    pieces = [()] * 2 + [(record["value"],)] + [()] * 3
    before = len(world.mails(world.acme.owner.email))
    seen = []
    for texts in pieces:
        world.publish(record["name"], *texts)
        world.advance(DAY)
        world.invoke("expire")
        seen.append(states(world)["lapse.example.com"])
    assert seen == ["verified"] * 5 + ["lapsed"]
    assert newest(world, "domain.lapsed")["actor"]["credential"]["kind"] == "system"
    (told,) = world.mails(world.acme.owner.email)[before:]
    assert told.subject == "lapse.example.com is no longer proven for Acme"
    assert not proven(world, "lapse.example.com")
    world.publish(record["name"], record["value"])
    prove(world, "lapse.example.com", world.globex)
    assert verify(world, "lapse.example.com").code == "domain_taken"


def test_a_lapsed_domain_is_proven_again_by_the_same_record(world: World) -> None:
    record = prove(world, "back.example.com")
    world.publish(record["name"])
    for _ in range(3):
        world.advance(DAY)
        world.invoke("expire")
    assert states(world) == {"back.example.com": "lapsed"}
    world.advance(DAY)
    assert world.invoke("expire")["checked"] == 0
    world.publish(record["name"], record["value"])
    with world.tells("domain.verified"):
        assert verify(world, "back.example.com").status == 200


def test_a_check_that_finds_the_record_is_no_event_and_comes_once_a_day(world: World) -> None:
    prove(world, "daily.example.com")
    with world.tells():
        for hours, checked in ((23, 0), (2, 1), (1, 0), (23, 1)):
            world.advance(hours * 3600)
            assert world.invoke("expire")["checked"] == checked


def test_a_domain_that_is_given_up_is_free_and_its_members_stay(world: World) -> None:
    prove(world, "free.example.com")
    with world.tells("domain.released"):
        assert ask(world, "DELETE", f"{PATH}/free.example.com").status == 204
    assert states(world) == {}
    assert world.items("DOMAIN#free") == []
    prove(world, "free.example.com", world.globex)


def test_case_195_a_deleted_teams_domain_is_free_and_nothing_of_it_carries_over(world: World) -> None:
    prove(world, "left.example.com")
    session = sign_in(world, world.acme.owner)
    assert world.call("DELETE", "/v1/team", {"name": "Acme"}, token=session).status == 204
    mine = claim(world, "left.example.com", world.globex)
    assert mine.status == 201
    assert verify(world, "left.example.com", world.globex).code == "domain_not_proven", "the old record proves nothing"
    world.publish(mine.json["record"]["name"], mine.json["record"]["value"])
    assert verify(world, "left.example.com", world.globex).status == 200
    world.advance(16 * 60)
    world.invoke("purge")
    assert verify(world, "left.example.com", world.globex).status == 200
    assert claim(world, "left.example.com", world.globex).json["state"] == "verified"


def test_a_purged_team_leaves_no_domain_and_no_connection(world: World) -> None:
    prove(world, "purged.example.com")
    session = sign_in(world, world.acme.owner)
    assert world.call("POST", "/v1/team/scim-tokens", {"name": "provider"}, token=session).status == 201
    assert world.call("DELETE", "/v1/team", {"name": "Acme"}, token=session).status == 204
    world.advance(16 * 60)
    world.invoke("purge")
    left = {item["SK"]["S"].partition("#")[0] for item in world.items("T#") if world.acme.id in repr(item)}
    assert left <= {"TEAM"}
    assert world.items("DOMAIN#purged") == []


def test_a_team_has_at_most_twenty_domains(world: World) -> None:
    for number in range(20):
        assert claim(world, f"d{number}.example.com").status == 201
    refused = claim(world, "d20.example.com")
    assert (refused.status, refused.pointers) == (400, ["/domain"])
