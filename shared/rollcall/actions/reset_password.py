"""Ask for a link that sets a new password: the member themselves, or an admin for them (C2).

Whoever asks learns nothing: the answer is the same, and the work alike, for an address that is nobody's.
"""

from dataclasses import dataclass
from datetime import timedelta

from rollcall.actions.call import Call
from rollcall.actions.sign_in import NOBODY, Tried, tried
from rollcall.actions.targets import target
from rollcall.domain.changes import Change, Letter
from rollcall.domain.credentials import ask_reset
from rollcall.domain.errors import NotActive, NotReachable, PasswordLoginOff, TooManyRequests
from rollcall.domain.permissions import Actor, CredentialKind
from rollcall.mail.address import Address
from rollcall.storage import keys, marks

LETTERS_A_DAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ForgottenPassword:
    """Whose password is to be set anew."""

    email: Address


def ask(call: Call, slug: str, wanted: ForgottenPassword) -> None:
    """Mail a link to an active member who has a password, at most five a day; to nobody else, and tell nobody."""
    asked = tried(call, slug, wanted.email.key)
    team, member = asked.team, asked.member
    if not _within_budget(call, asked.who):
        call.note(reason="throttled")
        return
    call.note(reason=_outcome(asked))
    if team is None or member is None or asked.stored is None or not member.reachable:
        letter = Letter(call.new_id("let"), "password_reset", NOBODY, "mem" + NOBODY[4:], 0, call.now, {})
        call.commit(Change(letters=(letter,)))
        return
    unknown = Actor(team.id, None, None, None, None, CredentialKind.NONE)
    call.commit(ask_reset(member, unknown, call.new_id("let"), call.now))


def start_reset(call: Call, member_id: str | None) -> None:
    """Mail a member a link, which may also set their first password. Raises PasswordLoginOff, NotActive."""
    member = target(call, member_id)
    if not call.team.passwords_open:
        raise PasswordLoginOff
    if not member.is_active:
        raise NotActive
    if not member.reachable:
        raise NotReachable
    if not _within_budget(call, f"{call.team.id}\0{member.email_key}"):
        raise TooManyRequests(int(_DAY.total_seconds()), "This person was mailed enough links for a day.")
    call.commit(ask_reset(member, call.actor, call.new_id("let"), call.now))


def _outcome(asked: Tried) -> str:
    if asked.stored is None or asked.member is None:
        return asked.reason
    return "reset_mailed" if asked.member.reachable else "not_reachable"


def _within_budget(call: Call, who: str) -> bool:
    mark = keys.throttle("reset", who, marks.window(call.now, _DAY))
    return marks.spend(mark, LETTERS_A_DAY, call.now)
