"""A sign-in under way, sealed in the browser that began it; and what lets a signed-in member link their account."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rollcall.actions.call import Call
from rollcall.auth import keyring, sealing
from rollcall.auth.oidc import Attempt
from rollcall.auth.sealing import Purpose
from rollcall.domain.errors import SsoStateInvalid
from rollcall.domain.sso_connections import SsoConnection
from rollcall.domain.times import epoch_ms, from_epoch_ms

ATTEMPT_LIFE = timedelta(minutes=10)
_COOKIE: Purpose = "sso-attempt"
_LINK: Purpose = "sso-link"


@dataclass(frozen=True, slots=True)
class Journey:
    """A sign-in under way, as the browser keeps it: whose connection, what was sent, what travels along."""

    team_id: str
    slug: str
    connection_id: str
    attempt: Attempt
    began_at: datetime
    invitation: str | None = None
    member_id: str | None = None


def link_text(call: Call, connection: SsoConnection, member_id: str) -> str:
    """Return what lets a member's own account be linked at the end of a sign-in that begins within ten minutes."""
    told = {"m": member_id, "t": epoch_ms(call.now)}
    return sealing.seal(keyring.link_keys(), _LINK, json.dumps(told).encode(), connection.id, call.random_bytes)


def linking(call: Call, connection: SsoConnection, text: str) -> str:
    """Return the id of the member whose account is to be linked. Raises SsoStateInvalid."""
    told = _opened(_LINK, text, connection.id)
    if told is None or not _recent(from_epoch_ms(int(told["t"])), call.now):
        raise SsoStateInvalid
    return str(told["m"])


def _recent(then: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - then + timedelta(seconds=1) and now - then < ATTEMPT_LIFE


def packed(call: Call, journey: Journey) -> str:
    """Return what the browser keeps."""
    attempt = journey.attempt
    told = {
        "t": [journey.team_id, journey.slug],
        "c": journey.connection_id,
        "s": [attempt.state, attempt.nonce, attempt.verifier],
        "at": epoch_ms(journey.began_at),
        "i": journey.invitation,
        "m": journey.member_id,
    }
    return sealing.seal(keyring.link_keys(), _COOKIE, json.dumps(told).encode(), "", call.random_bytes)


def unpacked(kept: str | None, now: datetime) -> Journey | None:
    """Return the sign-in that the browser kept, None for any other text or one that began too long ago."""
    told = _opened(_COOKIE, kept, "") if kept else None
    if told is None:
        return None
    began_at = from_epoch_ms(int(told["at"]))
    if not _recent(began_at, now):
        return None
    team_id, slug = told["t"]
    return Journey(team_id, slug, told["c"], Attempt(*told["s"]), began_at, told["i"], told["m"])


def _opened(purpose: Purpose, text: str, context: str) -> dict[str, Any] | None:
    data = sealing.opened(keyring.link_keys(), purpose, text, context)
    told: dict[str, Any] | None = None if data is None else json.loads(data)
    return told
