"""The operator's recount: proves that a team's counters, rows, owners and claims are what its members say (I19, I38).

Finds the table by the stack's outputs and needs the operator's own credentials. With `--repair` it puts right what it
can, each time with an audit event, and seals audit events that the stream left unsealed.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from infra.create_team import table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.domain.teams import Team
    from rollcall.storage.recount import Finding

TOGETHER = 30
LOOKS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when everything is right, or was put right, 1 when not, 2 when nothing was counted."""
    asked = _parser().parse_args(arguments)
    try:
        if "TABLE_NAME" not in os.environ:
            os.environ["TABLE_NAME"] = table_of(asked.stack)
        team_id = asked.team or team_called(asked.slug)
        wrong = recount(team_id)
        left = repair(team_id) if asked.repair else wrong
    except ValueError as error:
        print(f"Nothing was counted: {error}", file=sys.stderr)
        return 2
    for sentence in wrong:
        print(f"{'left' if sentence in left else 'repaired'}: {sentence}" if asked.repair else sentence)
    print(f"{team_id}: {len(wrong)} findings{f', {len(left)} left' if asked.repair else ''}")
    return 1 if left else 0


def team_called(slug: str) -> str:
    """Return the id of the team of that slug. Raises ValueError with a sentence."""
    from rollcall.domain.founding import SLUG  # noqa: PLC0415 the storage room reads the table's name at import
    from rollcall.storage import keys  # noqa: PLC0415
    from rollcall.storage.reads import read  # noqa: PLC0415

    team_id = read([keys.claim(SLUG, "", slug)]).holder(SLUG, "", slug)
    if team_id is None:
        raise ValueError(f"there is no team {slug}.")
    return team_id


def recount(team_id: str) -> list[str]:
    """Return what is wrong with the team's roster, as sentences. Raises ValueError for a team that is not alive."""
    return [finding.told for finding in _found(team_id)[1]]


def repair(team_id: str) -> list[str]:
    """Put right what can be, seal what is unsealed; return what is left, as sentences. Raises ValueError."""
    from rollcall import clock  # noqa: PLC0415
    from rollcall.actions.seal import seal_rest  # noqa: PLC0415
    from rollcall.domain import repairs  # noqa: PLC0415
    from rollcall.domain.errors import Stale  # noqa: PLC0415
    from rollcall.domain.permissions import Actor, CredentialKind  # noqa: PLC0415
    from rollcall.http.schedule import system_call  # noqa: PLC0415

    operator = Actor(team_id, None, None, None, None, CredentialKind.OPERATOR)
    for _ in range(LOOKS):
        team, findings = _found(team_id)
        wanted = [finding.repair for finding in findings if finding.repair is not None]
        if not wanted:
            break
        for start in range(0, len(wanted), TOGETHER):
            try:
                system_call(clock.now()).commit(repairs.repair(team, wanted[start : start + TOGETHER], operator))
            except Stale:
                break
    seal_rest(team_id)
    return recount(team_id)


def _found(team_id: str) -> tuple[Team, list[Finding]]:
    """Look, and where something is wrong look again: a change between two pages of a scan looks like damage, once."""
    from rollcall.domain import ids  # noqa: PLC0415
    from rollcall.domain.errors import NotFound  # noqa: PLC0415
    from rollcall.storage.recount import findings, look  # noqa: PLC0415

    if not ids.valid(team_id, "team"):
        raise ValueError(f"{team_id} is no team's id.")
    try:
        stock = look(team_id)
        team, found = stock.team, findings(stock)
    except NotFound as error:
        raise ValueError(f"there is no living team {team_id}.") from error
    if found:
        found = [finding for finding in findings(look(team_id)) if finding in found]
    return team, found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recount", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--slug", help="the team's name in addresses")
    which.add_argument("--team", help="the team's id")
    parser.add_argument("--stack", default="rollcall", help="the CloudFormation stack")
    parser.add_argument("--repair", action="store_true", help="put right what is wrong, with audit events")
    return parser


if __name__ == "__main__":
    sys.exit(main())
