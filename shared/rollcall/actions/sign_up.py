"""Sign up for a team (T1): write the request down, lock the slug for 24 hours, mail the link that founds the team."""

from dataclasses import dataclass
from datetime import timedelta

from rollcall.actions.call import Call
from rollcall.domain import founding
from rollcall.domain.changes import Change
from rollcall.domain.errors import RollcallError, SlugTaken, Stale, TooManyRequests
from rollcall.domain.founding import SIGN_UP_LIFE, SLUG, SignUp
from rollcall.domain.text import PersonName, Slug, TeamName
from rollcall.mail.address import Address
from rollcall.storage import keys, marks
from rollcall.storage.keys import Key
from rollcall.storage.reads import read

WINDOW = timedelta(hours=1)
PER_ADDRESS = 10
DAY = timedelta(days=1)
LETTERS_A_DAY = 3
SOONEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FirstOwner:
    """Who is to own the team."""

    email: Address
    name: PersonName


@dataclass(frozen=True, slots=True)
class SignUpOrder:
    """The team to be, and its owner."""

    name: TeamName
    slug: Slug
    owner: FirstOwner


def reads(asked: SignUpOrder) -> list[Key]:
    """Name what tells whether the slug is free."""
    return [keys.claim(SLUG, "", asked.slug)]


def sign_up(call: Call, asked: SignUpOrder) -> None:
    """Ask for a team. The answer tells of the slug and of nothing else, least of all of the owner's address.

    Raises SlugTaken, and TooManyRequests from the eleventh request on that one address makes in an hour; what is
    refused is not counted.
    """
    source = keys.throttle("sign_up", call.address or "", marks.window(call.now, WINDOW))
    if not marks.spend(source, PER_ADDRESS, call.now):
        raise TooManyRequests(int(WINDOW.total_seconds()))
    try:
        _sign_up(call, asked)
    except RollcallError:
        marks.refund(source)
        raise


def _sign_up(call: Call, asked: SignUpOrder) -> None:
    """Write the request, or mail the link again where the same was asked for already.

    A letter too many for one recipient, or too soon, is not written, and neither is a request that it would belong to:
    nobody could use it, and it would only lock the slug.
    """
    waiting = _waiting(call, asked)
    if waiting is not None and call.now < waiting.asked_at + SOONEST:
        return
    letters = keys.throttle("sign_up_to", asked.owner.email.key, marks.window(call.now, DAY))
    if not marks.spend(letters, LETTERS_A_DAY, call.now):
        return
    try:
        call.commit(_again(call, waiting) if waiting else founding.request(_request(call, asked), call.new_id("let")))
    except SlugTaken as taken:
        marks.refund(letters)
        raise Stale from taken  # by whom, the next reading tells: it may be the same request, sent twice at once
    except RollcallError:
        marks.refund(letters)
        raise


def _waiting(call: Call, asked: SignUpOrder) -> SignUp | None:
    """Return the live request that asks for just the same, None where the slug is free. Raises SlugTaken."""
    holder = call.found.holder(SLUG, "", asked.slug, call.now)
    if holder is None:
        return None
    known = read([keys.sign_up(holder)]).sign_up(holder)
    told = (asked.name, asked.owner.email.key, asked.owner.name)
    if known is None or (known.name, known.email_key, known.owner_name) != told:
        raise SlugTaken
    return known


def _request(call: Call, asked: SignUpOrder) -> SignUp:
    address = asked.owner.email
    return SignUp(
        team_id=call.new_id("team"),
        owner_id=call.new_id("mem"),
        slug=asked.slug,
        name=asked.name,
        email=address.typed,
        email_key=address.key,
        owner_name=asked.owner.name,
        asked_at=call.now,
        expires_at=call.now + SIGN_UP_LIFE,
    )


def _again(call: Call, waiting: SignUp) -> Change:
    return Change(letters=(waiting.letter(call.new_id("let"), call.now),))
