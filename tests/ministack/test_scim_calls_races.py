"""Races of one provider's calls (behaviour 40): one creation of a name, one writer of a version, every added member."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.ministack.network import raced, rounds
from tests.scim_calls import Provider, scim_token

if TYPE_CHECKING:
    from tests.kit import Answer
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def provider(world: Network) -> Provider:
    return Provider(world, scim_token(world))


def created(provider: Provider, name: str) -> Answer:
    return provider.call("POST", "/Users", {"schemas": [USER], "userName": name, "emails": [{"value": name}]})


def change(operation: dict[str, object]) -> dict[str, object]:
    return {"schemas": [PATCH], "Operations": [operation]}


def settled(call: partial[Answer]) -> Answer:
    """Ask again while the service says that it was busy, as providers do."""
    answer = call()
    while answer.status == 503:
        answer = call()
    return answer


def test_of_ten_creations_of_one_name_at_once_one_is_made(world: Network, provider: Provider) -> None:
    for number in rounds(2):
        name = f"race{number}@scim.example.org"
        spellings = [name, name.upper()] * 5
        calls = [partial(settled, partial(created, provider, one)) for one in spellings]
        answers = raced(number, *calls)
        assert Counter(answer.status for answer in answers) == {201: 1, 409: 9}
        found = provider.call("GET", f"/Users?filter=userName+eq+%22{name.replace('@', '%40')}%22")
        assert found.json["totalResults"] == 1
        assert world.subjects("member.provisioned").total() == number + 1
    world.check_books()


def test_of_ten_writers_with_one_version_one_wins(provider: Provider) -> None:
    for number in rounds(2):
        user = created(provider, f"written{number}@scim.example.org").json
        held = {"if-match": user["meta"]["version"]}
        bodies = [change({"op": "replace", "path": "title", "value": f"T{one}"}) for one in range(10)]
        calls = [
            partial(settled, partial(provider.call, "PATCH", f"/Users/{user['id']}", body, held)) for body in bodies
        ]
        answers = raced(number, *calls)
        statuses = Counter(answer.status // 100 * 100 if answer.status < 300 else answer.status for answer in answers)
        assert statuses == {200: 1, 412: 9}
        winner = next(place for place, answer in enumerate(answers) if answer.status < 300)
        assert provider.call("GET", f"/Users/{user['id']}").json["title"] == f"T{winner}"


def test_twenty_members_added_at_once_are_all_kept(world: Network, provider: Provider) -> None:
    people = [created(provider, f"member{number}@scim.example.org").json["id"] for number in range(20)]
    group = provider.call("POST", "/Groups", {"schemas": [GROUP], "displayName": "Crowd"}).json["id"]
    bodies = [change({"op": "add", "path": "members", "value": [{"value": one}]}) for one in people]
    calls = [partial(settled, partial(provider.call, "PATCH", f"/Groups/{group}", body)) for body in bodies]
    assert {answer.status for answer in raced(0, *calls)} == {204}
    members = provider.call("GET", f"/Groups/{group}").json["members"]
    assert sorted(member["value"] for member in members) == sorted(people)
    world.check_books()
