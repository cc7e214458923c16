"""`make timing`: time refused sign-ins, interleaved, and compare each kind with a wrong password (case 2, I30).

It prints medians and the p of a Mann-Whitney test; whoever is told apart shows by a small p again and again. The gate
compares the work instead (tests/functions/test_sign_in.py): a busy machine makes no test of time that holds.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import replace
from math import erfc, sqrt
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from infra.local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.local.edges import Json

WRONG: Final = "wrong password"
KINDS: Final = {
    WRONG: ("acme", "member@acme.example.com"),
    "unknown address": ("acme", "nobody@acme.example.com"),
    "unknown team": ("no-such-team", "member@acme.example.com"),
    "without a password": ("acme", "person1@acme.example.com"),
    "deactivated": ("acme", "admin@acme.example.com"),
    "invited": ("acme", "invited@acme.example.com"),
}
WARMING: Final = 20
NO_LIMIT: Final = 10**9


def main() -> None:
    """Run the campaign and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2000, help="sign-ins of each kind")
    samples = parser.parse_args().samples
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(dev_folder=Path(folder)) as stack,
        Path(folder, "log.jsonl").open("w", encoding="utf-8") as log,
        redirect_stdout(log),
    ):
        _prepare(stack)
        times = _campaign(stack, samples)
    print(f"{samples:,} sign-ins of each kind, interleaved, on moto in this process; milliseconds\n")
    print(f"{'kind':20} {'median':>8} {'gap':>8} {'gap %':>7} {'p':>7}")
    base = median(times[WRONG])
    for kind, taken in times.items():
        gap = median(taken) - base
        print(
            f"{kind:20} {base + gap:8.3f} {gap:+8.3f} {100 * gap / base:+7.2f} {mann_whitney(times[WRONG], taken):7.3f}"
        )


def _prepare(stack: Stack) -> None:
    """Seed the teams, deactivate one, invite one, and lift the budgets, which would end the campaign at once."""
    from rollcall.actions import budgets  # noqa: PLC0415 the service is on the path only now
    from rollcall.auth import secrets  # noqa: PLC0415
    from rollcall.domain.changes import Change, Updated  # noqa: PLC0415
    from rollcall.domain.members import Status  # noqa: PLC0415
    from rollcall.storage import keys, reads  # noqa: PLC0415
    from rollcall.storage.commit import commit  # noqa: PLC0415

    team: Json = next(team for team in stack.seed(30) if team["slug"] == "acme")
    token = secrets.parse(team["admin"]["pat"])
    if token is None:
        raise SystemExit("the seeded admin has no token")
    place = token.team_id, token.owner_id
    admin = reads.read([keys.member(*place)]).member(*place)
    if admin is None:
        raise SystemExit("the seeded admin is not there")
    gone = replace(admin, status=Status.DEACTIVATED, version=admin.version + 1)
    commit(Change(steps=(Updated(admin, gone),)))
    _post(stack, "/v1/invitations", {"email": KINDS["invited"][1], "role": "member"}, team["owner"]["pat"])
    budgets.TRIES_PER_MEMBER = budgets.TRIES_PER_ADDRESS = budgets.IN_A_ROW_FROM_ANYWHERE = NO_LIMIT


def _campaign(stack: Stack, samples: int) -> dict[str, list[float]]:
    """Return the milliseconds of each kind; each round takes the kinds in another order."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    order = list(KINDS)
    for number in range(samples + WARMING):
        random.shuffle(order)
        for kind in order:
            slug, email = KINDS[kind]
            start = time.perf_counter()
            status = _post(stack, f"/v1/teams/{slug}/sessions", {"email": email, "password": "not the password"})
            taken = (time.perf_counter() - start) * 1000
            if status != 401:  # noqa: PLR2004
                raise SystemExit(f"{kind}: {status} instead of 401; the figures would be of something else")
            if number >= WARMING:
                times[kind].append(taken)
    return times


def _post(stack: Stack, path: str, body: dict[str, str], token: str | None = None) -> int:
    headers = [("content-type", "application/json"), *([("authorization", f"Bearer {token}")] if token else [])]
    return stack.gateway.call("POST", path, headers, json.dumps(body).encode(), "127.0.0.1").status


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the two-sided p that both samples are of one distribution; normal approximation, ranks shared by ties."""
    ranked = sorted([(value, True) for value in one] + [(value, False) for value in other])
    total, rank_sum, ties, at = len(ranked), 0.0, 0, 0
    while at < total:
        end = at
        while end < total and ranked[end][0] == ranked[at][0]:
            end += 1
        rank_sum += sum(first for _, first in ranked[at:end]) * (at + 1 + end) / 2
        ties += (end - at) ** 3 - (end - at)
        at = end
    n, m = len(one), len(other)
    u = rank_sum - n * (n + 1) / 2
    spread = sqrt(n * m / 12 * (total + 1 - ties / (total * (total - 1))))
    return erfc(abs(u - n * m / 2) / spread / sqrt(2)) if spread else 1.0


if __name__ == "__main__":
    main()
