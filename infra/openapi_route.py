"""What a route is to the description, and what routes of several kinds share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from infra.openapi_schemas import Schema, text
from rollcall.domain import errors
from rollcall.domain.errors import RollcallError
from rollcall.domain.invitations import MOVES, State, Verb
from rollcall.http import queries
from rollcall.http.cursors import LONGEST as LONGEST_CURSOR
from rollcall.http.reply import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Errors = tuple[type[RollcallError], ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `answer` names the schema of its success; a page is HTML, None an answer without a body.

    `also` are further statuses of success, with the same answer; `media` is the type of an answer that is no page.
    """

    name: str
    status: int
    answer: str | None
    raises: Errors = ()
    query: Mapping[str, Schema] = field(default_factory=dict)
    headers: Sequence[str] = ()
    also: Sequence[int] = ()
    media: str = JSON


PAGE: Final = "Page"
EXPORT: Final = "Export"
WRITES: Final[Errors] = (errors.Contention,)
RECORDED: Final[Errors] = (*WRITES, errors.KeyReused)


def moved(verb: Verb) -> Errors:
    """Return what the states of an invitation say to a verb, and what every change of an invitation may meet."""
    outcomes = (MOVES[state, verb] for state in State)
    refused = sorted({each for each in outcomes if not isinstance(each, State)}, key=lambda kind: kind.code)
    return (*RECORDED, *refused, errors.AboveYourRank, errors.StaleVersion)


LIMIT: Final[Schema] = {
    "type": "integer",
    "minimum": 1,
    "maximum": queries.GREATEST_LIMIT,
    "default": queries.DEFAULT_LIMIT,
}
CURSOR: Final[Schema] = {**text(1, LONGEST_CURSOR), "description": "The `next_cursor` of the page before."}
