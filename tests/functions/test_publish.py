"""The seal on the audit: events of the stream join one chain per team, once each, whatever is delivered again."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.actions.seal import TOGETHER, seal, seal_rest
from rollcall.domain import ids
from rollcall.domain.changes import Change, Sealed
from rollcall.domain.errors import Stale
from rollcall.domain.events import Action, Deed, Event
from rollcall.domain.seals import GENESIS, Head, chain
from rollcall.storage import seals
from rollcall.storage.commit import commit
from rollcall.storage.records import event_item
from tests import kit
from tests.seam import AFTER, BEFORE, first, seam
from tests.values import NOW, by, frozen, new_id

if TYPE_CHECKING:
    from rollcall.domain.members import Member
    from tests.kit import TeamOf, World
    from tests.seam import Fault


def tell(world: World, times: int = 3, of: TeamOf | None = None) -> list[str]:
    """Make that many audit events; return their ids, oldest first. Nothing is sealed yet."""
    team = of or world.acme
    known = {event["id"] for event in world.events()}
    owner = world.member(team.owner.id, team)
    for number in range(times):
        deed = _deed(owner, number)
        commit(Change(), [Event(new_id("evt"), deed, NOW, "192.0.2.1", "request")])
    return [event["id"] for event in world.events() if event["id"] not in known]


def _deed(owner: Member, number: int) -> Deed:
    return Deed(Action.PROFILE_EDITED, by(owner), owner.subject, {"name": f"É {number}"}, {"name": "Zoë\u2028"})


def records(world: World, event_ids: list[str], of: TeamOf | None = None) -> list[dict[str, Any]]:
    """Return what the stream tells of the events, in that order."""
    stored = {item["SK"]["S"]: item for item in world.items(f"A#{ids.code((of or world.acme).id)}")}
    found = [stored[ids.code(event_id)] for event_id in event_ids]
    return [
        {
            "eventName": "INSERT",
            "dynamodb": {
                "Keys": {"PK": i["PK"], "SK": i["SK"]},
                "NewImage": i,
                "SequenceNumber": f"{n:05}{i['SK']['S']}",
            },
        }
        for n, i in enumerate(found)
    ]


def deliver(world: World, *delivered: dict[str, Any]) -> list[str]:
    """Hand records to the function; return the sequence numbers that it wants again."""
    answer = world.invoke("publish", {"Records": list(delivered)})
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def sealed(world: World, of: TeamOf | None = None) -> list[str]:
    """Return the sealed events in the order of sealing, after checking every hash by hand."""
    code = ids.code((of or world.acme).id)
    texts = {item["SK"]["S"]: item["t"]["S"] for item in world.items(f"A#{code}")}
    links = sorted(world.items(f"SEAL#{code}"), key=lambda item: int(item["q"]["N"]))
    assert [int(item["q"]["N"]) for item in links] == list(range(1, len(links) + 1))
    last = GENESIS
    for item in links:
        assert item["p"]["S"] == last
        text = f"{last}\n{item['q']['N']}\n{texts[item['SK']['S']]}"
        last = hashlib.sha256(text.encode()).hexdigest()
        assert item["h"]["S"] == last
    heads = world.items(f"HEAD#{code}")
    assert [(int(head["q"]["N"]), head["h"]["S"]) for head in heads] == ([(len(links), last)] if links else [])
    return [ids.from_code("evt", item["SK"]["S"]) for item in links]


def test_what_the_stream_brings_is_sealed_in_its_order(world: World) -> None:
    for name in ("one", "two", "three"):
        world.invite(f"{name}@example.com")
    world.stack.drain()
    invited = [event["id"] for event in world.events("invitation.created")]
    assert sealed(world) == invited


def test_a_batch_is_sealed_in_one_transaction_of_puts_and_one_conditional_move_of_the_head(world: World) -> None:
    told = tell(world, 3)
    with seam() as seen:
        assert deliver(world, *records(world, told)) == []
    assert seen.calls == ["BatchGetItem", "TransactWriteItems"]
    (transaction,) = seen.transactions
    kinds = [next(iter(entry)) for entry in transaction["TransactItems"]]
    assert kinds == ["Put", "Put", "Put", "Update"]
    assert all(
        "ConditionExpression" in entry[kind] for entry, kind in zip(transaction["TransactItems"], kinds, strict=True)
    )
    assert sealed(world) == told


def test_case_292_what_is_delivered_again_is_sealed_once(world: World) -> None:
    told = tell(world, 3)
    assert deliver(world, *records(world, told)) == []
    before = frozen(world)
    assert deliver(world, *records(world, told)) == []
    assert deliver(world, *records(world, told[1:2])) == []
    assert frozen(world) == before


def test_a_redelivered_batch_that_grew_seals_only_what_is_new(world: World) -> None:
    told = tell(world, 4)
    deliver(world, *records(world, told[:2]))
    deliver(world, *records(world, told))
    assert sealed(world) == told


def test_one_record_twice_in_a_batch_is_one_event(world: World) -> None:
    (told,) = tell(world, 1)
    deliver(world, *records(world, [told, told]))
    assert sealed(world) == [told]


def test_the_order_of_the_chain_is_the_order_of_sealing_whatever_the_order_of_delivery(world: World) -> None:
    one, two, three = tell(world, 3)
    deliver(world, *records(world, [three]))
    deliver(world, *records(world, [two, one]))
    assert sealed(world) == [three, two, one]


def test_a_large_batch_is_sealed_in_bounded_transactions(world: World) -> None:
    told = tell(world, 2 * TOGETHER + 5)
    with seam() as seen:
        assert deliver(world, *records(world, told)) == []
    assert [len(one["TransactItems"]) for one in seen.transactions] == [TOGETHER + 1, TOGETHER + 1, 5 + 1]
    assert sealed(world) == told


def test_each_team_has_a_chain_of_its_own(world: World) -> None:
    ours, theirs = tell(world, 2), tell(world, 3, world.globex)
    mixed = [*records(world, ours[:1]), *records(world, theirs, world.globex), *records(world, ours[1:])]
    assert deliver(world, *mixed) == []
    assert sealed(world) == ours
    assert sealed(world, world.globex) == theirs


def test_a_writer_whose_head_has_moved_writes_nothing(world: World) -> None:
    told = tell(world, 2)
    texts = {record: _text(world, record) for record in told}
    late = Sealed(world.acme.id, Head(), chain(Head(), [(told[1], texts[told[1]])]))
    seal(world.acme.id, {told[0]: texts[told[0]]})
    before = frozen(world)
    with pytest.raises(Stale):
        commit(Change(steps=(late,)))
    assert frozen(world) == before


def test_an_event_cannot_be_sealed_a_second_time_even_behind_the_true_head(world: World) -> None:
    (told,) = tell(world, 1)
    head = seal(world.acme.id, {told: _text(world, told)})
    before = frozen(world)
    with pytest.raises(Stale):
        commit(Change(steps=(Sealed(world.acme.id, head, chain(head, [(told, "another text")])),)))
    assert frozen(world) == before


@pytest.mark.parametrize("others", [[0], [0, 1], [1, 0]])
def test_of_two_writers_racing_on_the_head_the_second_reads_again_and_goes_on(world: World, others: list[int]) -> None:
    """The other writer comes first between this one's read and its write, with some or all of the same events."""
    told = tell(world, 2)
    untouched = copy.deepcopy(kit._moto_table().items)
    seal(world.acme.id, {told[n]: _text(world, told[n]) for n in others})
    theirs = kit._moto_table().items
    kit._moto_table().items = untouched
    moved: list[str] = []

    def race(_: int, name: str) -> Fault:
        if name == "TransactWriteItems" and not moved:
            moved.append(name)
            kit._moto_table().items = theirs
        return None

    with seam(race) as seen:
        assert deliver(world, *records(world, told)) == []
    assert sealed(world) == [told[n] for n in others] + [one for n, one in enumerate(told) if n not in others]
    assert seen.calls[:3] == ["BatchGetItem", "TransactWriteItems", "BatchGetItem"]


@pytest.mark.parametrize("fault", [BEFORE, AFTER, "InternalServerError", "ProvisionedThroughputExceededException"])
def test_a_batch_that_fails_is_asked_for_again_and_then_sealed_once(world: World, fault: str) -> None:
    told = tell(world, 3)
    delivered = records(world, told)
    with seam(first(50, "TransactWriteItems", fault)):
        again = deliver(world, *delivered)
    assert again == [record["dynamodb"]["SequenceNumber"] for record in delivered]
    assert sealed(world) == (told if fault == AFTER else [])
    assert deliver(world, *delivered) == []
    assert sealed(world) == told


def test_a_large_batch_that_dies_midway_goes_on_where_it_stopped(world: World) -> None:
    told = tell(world, TOGETHER + 3)
    delivered = records(world, told)
    with seam(lambda number, _: BEFORE if number > 2 else None):
        assert len(deliver(world, *delivered)) == len(delivered)
    assert sealed(world) == told[:TOGETHER]
    assert deliver(world, *delivered) == []
    assert sealed(world) == told


def test_a_team_whose_chain_fails_does_not_hold_up_another(world: World) -> None:
    ours, theirs = tell(world, 1), tell(world, 1, world.globex)
    delivered = [*records(world, ours), *records(world, theirs, world.globex)]
    with seam(first(2, "BatchGetItem", BEFORE)):
        assert deliver(world, *delivered) == [delivered[0]["dynamodb"]["SequenceNumber"]]
    assert sealed(world) == []
    assert sealed(world, world.globex) == theirs


def test_what_the_stream_lost_can_be_sealed_later_oldest_first(world: World) -> None:
    told = tell(world, TOGETHER + 2)
    deliver(world, *records(world, told[5:6]))
    left = [event["id"] for event in world.events() if event["id"] != told[5] and _of_acme(world, event["id"])]
    assert seal_rest(world.acme.id) == len(left)
    assert sealed(world) == [told[5], *left]
    assert seal_rest(world.acme.id) == 0


def test_the_stored_event_and_the_sealed_text_are_the_same_bytes(world: World) -> None:
    (told,) = tell(world, 1)
    text = _text(world, told)
    assert "É 0" in text
    assert "\u2028" in text
    assert json.loads(text)["id"] == told
    assert seal(world.acme.id, {told: text}).hash == hashlib.sha256(f"{GENESIS}\n1\n{text}".encode()).hexdigest()


def test_a_team_without_sealed_events_has_the_head_that_chains_begin_with(world: World) -> None:
    assert seals.head(world.globex.id) == Head(0, GENESIS)
    assert Head.read(Head(7, "ab").told) == Head(7, "ab")


def test_an_event_item_keeps_its_text_as_the_seal_reads_it(world: World) -> None:
    owner = world.member(world.acme.owner.id)
    event = Event(new_id("evt"), _deed(owner, 1), NOW, None, None)
    assert json.loads(event_item(event).text)["after"] == {"name": "Zoë\u2028"}


def _text(world: World, event_id: str) -> str:
    items = {item["SK"]["S"]: item for item in world.items(f"A#{ids.code(world.acme.id)}")}
    text: str = items[ids.code(event_id)]["t"]["S"]
    return text


def _of_acme(world: World, event_id: str) -> bool:
    return ids.code(event_id) in {item["SK"]["S"] for item in world.items(f"A#{ids.code(world.acme.id)}")}
