"""Recorded dialects of Entra ID and Okta, and RFC 7644's own shapes, played against the handlers.

Every exchange names which of the forty behaviours it judges; all forty are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.scim.matching import MISSING, Run, differences, transcripts
from tests.scim_calls import BASE, Provider, scim_token

if TYPE_CHECKING:
    from tests.kit import World

TRANSCRIPTS = transcripts()
ORIGIN = f"http://127.0.0.1:8000{BASE}"


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_every_exchange_of_a_transcript_is_answered_as_expected(world: World, name: str) -> None:
    calls = {
        "provider": Provider(world, scim_token(world)).call,
        "other": Provider(world, scim_token(world, world.globex)).call,
    }
    run = Run(calls, ORIGIN)
    wrong = [
        f"{number}. behaviour {exchange.get('behaviour')}, {exchange['about']}: {complaint}"
        for number, exchange in enumerate(TRANSCRIPTS[name], 1)
        for complaint in run.play(exchange)
    ]
    assert wrong == [], "\n".join(wrong)


def test_all_forty_behaviours_have_an_exchange() -> None:
    judged = {exchange.get("behaviour") for exchanges in TRANSCRIPTS.values() for exchange in exchanges}
    assert judged - {None} == set(range(1, 41))


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": {"$absent": True}}, {}, True),
        ({"a": {"$absent": True}}, {"a": None}, False),
        ([{"a": 1}], [{"a": 1}, {"a": 2}], False),
        ({"$contains": [{"a": 1}]}, [{"a": 2}, {"a": 1}], True),
        ({"$unordered": [{"a": 1}, {"a": 2}]}, [{"a": 2}, {"a": 1}], True),
        ({"$unordered": [{"a": 1}]}, [{"a": 2}, {"a": 1}], False),
        ({"$unordered": [{"a": 1}, {"a": 1}]}, [{"a": 1}, {"a": 2}], False),
        ({"$not": True}, MISSING, True),
        ({"$none": True}, [], True),
        ({"$type": "integer"}, True, False),
        ({"$matches": "^a"}, "ba", False),
        ({"$size": 2}, [1, 2], True),
        ({"$either": [1, {"$absent": True}]}, MISSING, True),
    ],
)
def test_an_answer_is_held_against_what_is_expected(expected: Any, found: Any, same: bool) -> None:
    assert (list(differences(expected, found, "")) == []) is same
