"""The tree of errors: drawn on top of its file, each with a stable code and a sentence."""

from __future__ import annotations

import inspect
import re

import pytest

from rollcall.domain import errors
from rollcall.domain.errors import RollcallError

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, RollcallError)]
BRANCH = re.compile(r"^((?:│   |    )*)(?:├── |└── )?(\w+)(?:  .*)?$")


def drawn() -> dict[str, str | None]:
    """Return each class of the drawing with its parent there."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in inspect.getdoc(errors).splitlines():  # type: ignore[union-attr]  # the module has a docstring
        if not line.startswith(("RollcallError", "├", "└", "│")):
            continue
        branch = BRANCH.match(line)
        assert branch, line
        depth = 0 if branch[2] == "RollcallError" else len(branch[1]) // 4 + 1
        path = [*path[:depth], branch[2]]
        parents[branch[2]] = path[-2] if depth else None
    return parents


def test_the_tree_is_drawn_as_it_is() -> None:
    built = {kind.__name__: kind.__base__.__name__ if kind.__base__ else None for kind in CLASSES}
    assert drawn() == {**built, "RollcallError": None}


def test_every_error_has_a_code_of_its_own_or_its_parents() -> None:
    """A child may say its parent's code; no two branches say the same."""
    for one in CLASSES:
        for other in CLASSES:
            if one.code == other.code:
                assert issubclass(one, other) or issubclass(other, one), (one, other)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_has_a_stable_code_and_a_sentence(kind: type[RollcallError]) -> None:
    needed: dict[type[RollcallError], tuple[object, ...]] = {
        errors.TooManyRequests: (30,),
        errors.MemberHasGrants: ([],),
    }
    error = kind(*needed.get(kind, ()))  # type: ignore[arg-type]  # each takes what is listed for it
    assert re.fullmatch(r"[a-z]+(?:_[a-z]+)*", error.code)
    assert error.detail.endswith(".")
    assert kind.__doc__


def test_an_error_can_say_more_than_its_own_sentence() -> None:
    error = errors.AlreadyInvited("Somebody was faster.", extra={"invitation": "inv_1"})
    assert (error.detail, error.extra, str(error)) == (
        "Somebody was faster.",
        {"invitation": "inv_1"},
        "Somebody was faster.",
    )


def test_a_throttle_always_asks_for_at_least_a_second() -> None:
    assert [errors.TooManyRequests(seconds).retry_after for seconds in (-5, 0, 1, 60)] == [1, 1, 1, 60]


def test_flaws_say_where() -> None:
    flaw = errors.Flaw("/email", "This field is needed.")
    assert errors.Invalid(flaw).flaws == (flaw,)
