"""Invite up to fifty people at once, with an outcome for each address (J8); doing it again changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rollcall.actions import quotas
from rollcall.actions.call import Call
from rollcall.actions.invite import NewInvitation, check_way_in, decide
from rollcall.domain.errors import AlreadyInvited, Contention, MemberExists, RollcallError, Stale, UseReactivate
from rollcall.domain.invitations import EMAIL
from rollcall.domain.permissions import Role
from rollcall.domain.teams import ALL_PRODUCTS, ProductAccess
from rollcall.domain.text import AddressList, Message
from rollcall.mail.address import Address, canonical
from rollcall.storage import keys
from rollcall.storage.keys import Key
from rollcall.storage.reads import read

TRIES = 3


@dataclass(frozen=True, slots=True)
class NewInvitations:
    """Whom to invite; role, products and message are the same for all. Addresses are judged one by one."""

    emails: AddressList
    role: Role = Role.MEMBER
    products: ProductAccess = ALL_PRODUCTS
    send_password_email: bool | None = None
    message: Message | None = None


class Became(StrEnum):
    """What became of one address."""

    CREATED = "created"
    MEMBER = "member"
    PENDING = "pending"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One address as it was given, and what became of it."""

    email: str
    became: Became
    id: str | None = None
    code: str | None = None


def reads(team_id: str, wanted: NewInvitations) -> list[Key]:
    """Name who holds each of the addresses."""
    addresses = (_address(text) for text in wanted.emails)
    return [keys.claim(EMAIL, team_id, address.key) for address in addresses if address is not None]


def invite_many(call: Call, wanted: NewInvitations) -> list[Outcome]:
    """Invite each address in a transaction of its own; what was answered is recorded last.

    Raises TooManyRequests, inviting nobody, where the caller's budget does not reach for all that may come to be.
    """
    check_way_in(wanted.products, wanted.send_password_email, call.team)
    call.actor.require_rank(wanted.role)
    taken = _new_at_most(call, wanted)
    quotas.take(call, taken)
    outcomes = _each(call.unkept(), wanted)
    quotas.give_back(call, taken - sum(one.became is Became.CREATED for one in outcomes))
    call.conclude(outcomes)
    return outcomes


def _new_at_most(call: Call, wanted: NewInvitations) -> int:
    """Count the addresses that no member holds: an invitation that holds one may have expired."""
    addresses = {address.key for text in wanted.emails if (address := _address(text)) is not None}
    holders = [call.found.holder(EMAIL, call.team.id, key) for key in addresses]
    return sum(holder is None or not holder.startswith("mem_") for holder in holders)


def _each(call: Call, wanted: NewInvitations) -> list[Outcome]:
    outcomes: list[Outcome] = []
    seen: set[str] = set()
    for text in wanted.emails:
        address = _address(text)
        if address is None:
            outcomes.append(Outcome(text, Became.INVALID, code="invalid_email"))
        elif address.key in seen:
            outcomes.append(Outcome(text, Became.DUPLICATE))
        else:
            seen.add(address.key)
            outcomes.append(_one(call, text, address, wanted))
    return outcomes


def _one(call: Call, text: str, address: Address, wanted: NewInvitations) -> Outcome:
    order = NewInvitation(address, wanted.role, wanted.products, wanted.send_password_email, wanted.message)
    for _ in range(TRIES):
        try:
            change, invitation = decide(call, order)
            call.commit(change, invitation)
            return Outcome(text, Became.CREATED, invitation.id)
        except AlreadyInvited as error:
            return Outcome(text, Became.PENDING, _named(error, "invitation"), error.code)
        except (MemberExists, UseReactivate) as error:
            return Outcome(text, Became.MEMBER, _named(error, "member"), error.code)
        except Stale:
            call = call.reading(read(reads(call.team.id, wanted)))
    raise Contention


def _named(error: RollcallError, what: str) -> str | None:
    named = error.extra.get(what)
    return named if isinstance(named, str) else None


def _address(text: str) -> Address | None:
    try:
        return canonical(text)
    except ValueError:
        return None


def emails(outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """Return the outcomes as the API tells them."""
    told = [{"email": o.email, "outcome": o.became.value, "id": o.id, "code": o.code} for o in outcomes]
    return [{name: value for name, value in one.items() if value is not None} for one in told]
