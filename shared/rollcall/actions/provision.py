"""What an identity provider does with people: provision, adopt, rewrite, cut off, remove (S1-S3, M10)."""

import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from rollcall.actions import people
from rollcall.actions.call import Call
from rollcall.actions.leave_groups import leave_most
from rollcall.actions.people import Resource, Sent
from rollcall.domain import provisioning
from rollcall.domain.changes import Change, Claim, Letter
from rollcall.domain.errors import (
    AlreadyInvited,
    EmailNotProven,
    HeldByHand,
    LastOwner,
    MemberExists,
    NotFound,
    NotManaged,
    RollcallError,
    Stale,
)
from rollcall.domain.events import Action, Deed
from rollcall.domain.ids import digest
from rollcall.domain.invitations import EMAIL, OPEN, Invitation
from rollcall.domain.members import Member, Origin, Status
from rollcall.domain.provisioning import EXTERNAL_ID, FORMER, USER_NAME, Person
from rollcall.domain.scim_conflicts import ScimConflict, renewed
from rollcall.domain.times import epoch_ms
from rollcall.storage import keys
from rollcall.storage import people as roll
from rollcall.storage.keys import Key
from rollcall.storage.people import Record
from rollcall.storage.reads import invitation_keys, read

REFUSAL = "refusal"
REFUSED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Written:
    """A person after a request, and whether the request made them."""

    record: Record
    is_new: bool = False


Build = Callable[[Resource], Resource]


def reads(team_id: str, sent: Sent) -> list[Key]:
    """Name what decides whether a person is new: everything unique about them, and where they would join."""
    person = sent.person
    claims = [(USER_NAME, person.user_name), (FORMER, person.user_name)]
    claims += [(EXTERNAL_ID, person.external_id)] if person.external_id else []
    claims += [(EMAIL, key) for key in {person.email_key, sent.user_key} if key]
    return [*(keys.claim(kind, team_id, value) for kind, value in claims), keys.open_blocks(team_id)]


def create(call: Call, sent: Sent, member_id: str | None = None) -> Written:
    """Add a member, adopt one, or bring back the identity provider's own (RFC 7644, section 3.3).

    `member_id` is the id that the identity provider was told while the connection was staged.

    Raises MemberExists, NotManaged, HeldByHand.
    """
    met = _met(call, sent)
    if len(met) > 1:
        raise MemberExists
    if met:
        return _meet(call, met[0], sent)
    team, person = call.team, sent.person
    change, member = provisioning.provision(
        person,
        team,
        member_id or call.new_id("mem"),
        random.choice(call.found.open_blocks(team.id)),  # noqa: S311 spreads load, hides nothing
        call.actor,
        call.now,
        _invitation(call, person),
        call.found.holder(FORMER, team.id, person.user_name),
    )
    written = Written(_record(call, member, person, None), is_new=True)
    try:
        call.commit(change, written)
    except AlreadyInvited:
        raise Stale from None  # sent this very moment: the next look finds it, and it closes as provisioned
    return written


def change(call: Call, member_id: str | None, build: Build) -> Written:
    """Write a member anew, as `build` makes of what is said of them (PUT and PATCH); nothing new writes nothing.

    Raises NotFound, StaleVersion, LastOwner, MemberExists, NotManaged, HeldByHand, EmailNotProven.
    """
    member = _visible(call, member_id)
    call.check_version(member.version)
    record = _record_of(member)
    before = people.resource_of(record)
    after = build(before)
    if after == before:
        call.conclude(Written(record))
        return Written(record)
    told = people.sent(after)
    _refuse_namesake(call, member, told)
    return Written(_write(call, member, record, told.person))


def remove(call: Call, member_id: str | None) -> None:
    """Take a member out; grants never hold it up. Raises NotFound, StaleVersion, LastOwner, NotManaged."""
    member = _visible(call, member_id)
    call.check_version(member.version)
    if member.link is None and not proven(call, member.email_key):
        raise _refused(call, member, NotManaged(), "removal")
    _commit(call, member, "removal", _departure(call, member), None)


def _departure(call: Call, member: Member) -> Change:
    return provisioning.depart(member, call.actor, call.now, leave_most(call, member))


def get(call: Call, member_id: str | None) -> Record:
    """Return a member. Raises NotFound."""
    return _record_of(_visible(call, member_id))


def proven(call: Call, email_key: str) -> bool:
    """Tell whether the address lies in a domain that the team has proven."""
    domain = email_key.rpartition("@")[2]
    if not domain:
        return False
    team_id = call.home or call.team.id
    key = keys.domain(team_id, domain)
    found = call.found if key in call.found.items else read([key])
    held = found.domain(team_id, domain)
    return held is not None and held.proven


def _met(call: Call, sent: Sent) -> list[Member]:
    """Return the members who already are, wholly or in part, whom the identity provider describes.

    Somebody managed whose address is the new one's userName is somebody else; of those who are not, it is the userName.
    """
    found, person, team_id = call.found, sent.person, call.team.id
    own = [found.holder(USER_NAME, team_id, person.user_name)]
    own += [found.holder(EXTERNAL_ID, team_id, person.external_id)] if person.external_id else []
    own += [found.holder(EMAIL, team_id, person.email_key)] if person.email_key else []
    named = found.holder(EMAIL, team_id, sent.user_key) if sent.user_key else None
    holders = {holder for holder in (*own, named) if holder and holder.startswith("mem_")}
    if not holders:
        return []
    members = read(keys.member(team_id, holder) for holder in holders)
    known = [members.member(team_id, holder) for holder in sorted(holders)]
    return [one for one in known if one is not None and (one.id in own or one.link is None)]


def _refuse_namesake(call: Call, member: Member, sent: Sent) -> None:
    """Refuse a new userName that is the address, and so the userName, of another who is not managed (case 148)."""
    unchanged = member.link is not None and member.link.user_name == sent.person.user_name
    if unchanged or sent.user_key in {"", member.email_key}:
        return
    team_id = call.team.id
    holder = read([keys.claim(EMAIL, team_id, sent.user_key)]).holder(EMAIL, team_id, sent.user_key)
    if holder is None or not holder.startswith("mem_"):
        return
    other = read([keys.member(team_id, holder)]).member(team_id, holder)
    if other is not None and other.link is None:
        raise MemberExists


def _meet(call: Call, member: Member, sent: Sent) -> Written:
    """Bring back the identity provider's own record, or adopt a member whom it did not know (S3)."""
    person, link = sent.person, member.link
    record = _record_of(member)
    if link is None:
        return Written(_adopt(call, member, record, person), is_new=True)
    returns = not member.is_active and person.external_id is not None and link.external_id == person.external_id
    if not returns:
        raise MemberExists
    active = person.active is not False
    return Written(_write(call, member, record, replace(person, active=active)), is_new=True)


def _write(call: Call, member: Member, record: Record, person: Person) -> Record:
    if member.link is None:
        return _adopt(call, member, record, person)
    adopted_moves = member.link.origin is Origin.ADOPTED and person.email_key not in {"", member.email_key}
    allowed = adopted_moves and proven(call, person.email_key)
    verb = "deactivation" if person.active is False else "reactivation" if person.active else "change"
    try:
        change, after = provisioning.rewrite(member, person, record.text, call.actor, proven=allowed)
    except (HeldByHand, EmailNotProven) as refusal:
        raise _refused(call, member, refusal, verb) from None
    written = _record(call, after, person, record)
    _commit(call, member, verb, change, Written(written))
    return written if change.steps else record


def _adopt(call: Call, member: Member, record: Record, person: Person) -> Record:
    """Take over a member whose address lies in a proven domain; of anybody else an owner decides (S3, case 146)."""
    if not proven(call, member.email_key):
        raise _conflict(call, member, json.loads(person.text))
    return adopt(call, member, record, person)


def adopt(call: Call, member: Member, record: Record, person: Person) -> Record:
    """Tie the member to the identity provider, because the domain is proven or an owner said yes."""
    try:
        change, after = provisioning.adopt(member, person, call.actor)
    except HeldByHand as refusal:
        raise _refused(call, member, refusal, "adoption") from None
    written = _record(call, after, person, record)
    _commit(call, member, "adoption", change, Written(written))
    return written


def _commit(call: Call, member: Member, verb: str, change: Change, result: Written | None) -> None:
    try:
        call.commit(change, result)
    except LastOwner as refusal:
        raise _refused(call, member, refusal, verb) from None


def _refused(call: Call, member: Member, refusal: RollcallError, verb: str) -> RollcallError:
    """Tell of a refusal, once per member, cause and day (T2), and the owners where the team would have lost its last.

    Returns the refusal, to be raised.
    """
    tell(call, member, refusal.code, verb, owners=isinstance(refusal, LastOwner))
    return refusal


def _conflict(call: Call, member: Member, resource: Resource) -> RollcallError:
    """Keep what was sent for a member who is not managed, until an owner says yes; return the refusal to be raised."""
    key = keys.scim_conflict(member.team_id, member.id)
    known = read([key]).scim_conflict(member.team_id, member.id)
    sent = ScimConflict(
        member.team_id,
        member.id,
        str(resource["userName"]),
        resource.get("externalId"),
        people.text_of(resource),
        call.now,
        call.now,
    )
    fuller = known is None or sent.external_id is not None or known.external_id is None
    if fuller and (known is None or known.resource != sent.resource):
        replace(call.unkept(), journal=None).commit(Change(steps=(renewed(known, sent),)))
    return _refused(call, member, NotManaged(), "adoption")


def tell(call: Call, member: Member, cause: str, verb: str, *, owners: bool = False) -> None:
    """Tell of what the identity provider could not do, once per member, cause and day (T2); the owners by mail, too."""
    once = digest(f"{member.id} {cause} {verb}")
    about = {"asked": verb, "cause": cause}
    deed = Deed(Action.SCIM_REFUSED, call.actor, member.subject, None, about)
    claim = Claim(REFUSAL, member.team_id, once, None, member.id, at=call.now, until=call.now + REFUSED_FOR)
    listed = read([keys.owners(member.team_id)]).owners(member.team_id) if owners else ()
    told = {"who": member.email or member.name, "asked": verb}
    letters = tuple(
        Letter(call.new_id("let"), "scim_refused", member.team_id, owner, 0, call.now, told) for owner in sorted(listed)
    )
    with suppress(MemberExists):
        replace(call.unkept(), journal=None).commit(Change(claims=(claim,), deeds=(deed,), letters=letters))


def _visible(call: Call, member_id: str | None) -> Member:
    member = call.found.member(call.team.id, member_id) if member_id else None
    if member is None or member.status is Status.REMOVING:
        raise NotFound
    return member


def _record_of(member: Member) -> Record:
    """Return the member as SCIM sees them; a reading that is older than the member's own is made again."""
    keys_of = roll.place_keys(member.team_id, member.block, member.id)
    record = roll.at(read(keys_of).items, member.team_id, member.block, member.id)
    if record is None or record.version != member.version:
        raise Stale
    return record


def _record(call: Call, member: Member, person: Person, before: Record | None) -> Record:
    """Return the member as SCIM sees them once the change is made."""
    return Record(
        id=member.id,
        block=member.block,
        name=member.name,
        email=member.email,
        active=member.is_active,
        version=member.version,
        modified=epoch_ms(call.now),
        role=member.role,
        text=person.text,
        groups=before.groups if before else (),
    )


def _invitation(call: Call, person: Person) -> Invitation | None:
    """Return the invitation that holds the person's address (J7)."""
    holder = call.found.holder(EMAIL, call.team.id, person.email_key) if person.email_key else None
    if holder is None:
        return None
    found = read(invitation_keys(call.team.id, holder)).invitation(call.team.id, holder)
    if found is None or found.state not in OPEN:
        raise Stale
    return found
