"""One large group over HTTP: filled, changed, read and deleted; `make scim-group` does it with ten thousand members."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tests.functions.group_kit import crowd, members, patch
from tests.functions.scim_kit import Provider

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Answer
    from tests.ministack.network import Network

pytestmark = pytest.mark.ministack

MEMBERS = int(os.environ.get("MEMBERS", "300"))


def test_a_large_group_is_filled_changed_read_and_deleted(world: Network) -> None:
    idp, everyone = Provider(world), crowd(world, MEMBERS)
    group, began, told = idp.group("Everyone"), time.perf_counter(), []
    path = f"/Groups/{group['id']}"
    steps: list[tuple[str, Callable[[], Answer], int]] = [
        ("add all", lambda: patch(idp, group, members("add", *everyone)), 204),
        ("add one again", lambda: patch(idp, group, members("add", everyone[0])), 204),
        ("read", lambda: idp.get(path), 200),
        ("read without members", lambda: idp.get(f"{path}?excludedAttributes=members"), 200),
        ("keep half", lambda: patch(idp, group, members("replace", *everyone[::2])), 204),
        ("delete", lambda: idp.call("DELETE", path), 204),
    ]
    for verb, call, status in steps:
        answer = call()
        told.append(f"{verb}: {time.perf_counter() - began:.2f} s, {len(answer.body)} bytes")
        assert answer.status == status, told
        began = time.perf_counter()
    print(f"{MEMBERS} members", *told, sep="\n")  # noqa: T201 for whoever runs it by hand
    assert world.items("G#") == world.items("GS#") == []
