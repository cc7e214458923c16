"""Change the own password, with the present one (C2)."""

from dataclasses import dataclass
from datetime import timedelta

from rollcall.actions.call import Call
from rollcall.auth import passwords
from rollcall.domain import credentials
from rollcall.domain.errors import Flaw, Invalid, PasswordLoginOff, TooManyRequests, WrongPassword
from rollcall.domain.members import Member
from rollcall.domain.teams import Team
from rollcall.domain.text import NewPassword, TypedPassword
from rollcall.storage import keys, marks

WINDOW = timedelta(minutes=15)
TRIES = 10


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The present password and the new one; without the present one nothing is changed (case 26)."""

    new_password: NewPassword
    current_password: TypedPassword | None = None


def change_password(call: Call, wanted: PasswordChange) -> None:
    """Change it; every other session ends. Raises WrongPassword, PasswordLoginOff, Invalid for a weak one."""
    member, team = call.known.member, call.team
    if not team.passwords_open:
        raise PasswordLoginOff
    mark = keys.throttle("present", f"{team.id}\0{member.id}", marks.window(call.now, WINDOW))
    if not marks.spend(mark, TRIES, call.now):
        raise TooManyRequests(int(WINDOW.total_seconds()))
    if not passwords.verify(wanted.current_password or "", member.password_hash):
        raise WrongPassword
    marks.refund(mark)
    _check(wanted.new_password, member, team)
    hashed = passwords.hashed(wanted.new_password)
    call.commit(credentials.change_password(member, hashed, call.actor, call.new_id("let"), call.now))


def _check(chosen: str, member: Member, team: Team) -> None:
    """Refuse a weak one by the name that the field has here."""
    try:
        passwords.check(chosen, *passwords.context(team, member.email_key, member.name))
    except Invalid as error:
        error.flaws = tuple(Flaw("/new_password", flaw.detail) for flaw in error.flaws)
        raise
