"""What an identity provider may make of a membership (S1-S3, J7, M10): provision, adopt, rewrite, cut off, remove."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rollcall.domain import membership
from rollcall.domain.changes import Change, Claim, Created, Described, Step, Updated
from rollcall.domain.errors import EmailNotProven, HeldByHand
from rollcall.domain.events import Action, Deed
from rollcall.domain.invitations import EMAIL, Invitation, provisioned
from rollcall.domain.members import Link, Member, Origin, PasswordLink, RoleSource, Source, Status
from rollcall.domain.permissions import Actor
from rollcall.domain.teams import Team

USER_NAME = "userName"
EXTERNAL_ID = "externalId"
FORMER = "former"
SUBJECT = "subject"
BARRED = "barred"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the identity provider describes them.

    `user_name` and `external_id` are the hashes under which they are claimed; `email` is as typed and `email_key` its
    key, both empty where there is none that letters could go to; `addresses` are the hashes of all further addresses;
    `text` is everything that was sent, as the SCIM floor keeps it; `active` None says nothing of it.
    """

    user_name: str
    external_id: str | None
    email: str
    email_key: str
    addresses: tuple[str, ...]
    name: str
    text: str
    active: bool | None = None

    def link(self, origin: Origin, *, moved: bool = False) -> Link:
        """Return what ties a member to this person."""
        return Link(origin, self.user_name, self.external_id, self.addresses, moved)


def provision(
    person: Person,
    team: Team,
    member_id: str,
    block: int,
    actor: Actor,
    now: datetime,
    invitation: Invitation | None = None,
    former: str | None = None,
) -> tuple[Change, Member]:
    """Add a member without an invitation: the default role and products, no credential (J7, S3).

    A pending invitation of the address closes as `provisioned`; its role is not taken over. `former` is the id of the
    membership that somebody took away by hand, which this one does not continue (M10).
    """
    member = Member(
        id=member_id,
        team_id=team.id,
        email=person.email,
        email_key=person.email_key,
        name=person.name,
        role=team.settings.default_role,
        role_source=RoleSource.MAPPING,
        source=Source.SCIM,
        created_at=now,
        products=team.settings.default_products.within(team),
        status=Status.DEACTIVATED if person.active is False else Status.ACTIVE,
        block=block,
        link=person.link(Origin.CREATED),
    )
    told = None if former is None else {"former": former}
    action = Action.PROVISIONED if former is None else Action.RECREATED_BY_SCIM
    deed = Deed(action, actor, member.subject, told, member.facts)
    steps: list[Step] = [Created(member), Described(member, person.text)]
    holder = None
    if invitation is not None:
        steps, holder = [*steps, provisioned(invitation, now)], invitation.id
    claims = (Claim(EMAIL, team.id, member.email_key, holder, member.id),) if member.email_key else ()
    return Change(steps=tuple(steps), claims=claims, deeds=(deed,)), member


def adopt(member: Member, person: Person, actor: Actor) -> tuple[Change, Member]:
    """Tie an existing member to the identity provider: same id, role and address untouched (S3).

    That the address lies in a domain that the team has proven, or that an owner said yes, is the caller's to know.
    """
    after = _in_or_out(member, person)
    after = replace(after, link=person.link(Origin.ADOPTED), version=member.version + 1)
    return _changed(Action.ADOPTED, member, after, person, actor, {"scim": None}, {"scim": Origin.ADOPTED.value})


def rewrite(member: Member, person: Person, before: str | None, actor: Actor, *, proven: bool) -> tuple[Change, Member]:
    """Write a managed member anew as the identity provider has them; what is so already is no change.

    The address of a member whom the connection created follows; another's does only where `proven`, which is whether
    the new address lies in a domain of the team's. Raises EmailNotProven, HeldByHand.
    """
    link = member.link
    if link is None:
        raise ValueError("the member is not managed")
    moved = person.email_key != member.email_key and (bool(person.email_key) or link.origin is Origin.CREATED)
    if moved and link.origin is Origin.ADOPTED and not proven:
        raise EmailNotProven
    after = _in_or_out(member, person)
    after = replace(after, link=person.link(link.origin, moved=link.moved or moved), name=person.name)
    if moved:
        after = _moved(after, person)
    if after == member and before == person.text:
        return Change(), member
    after = replace(after, version=member.version + 1)
    action = Action.UPDATED
    if after.status is not member.status:
        action = Action.REACTIVATED if after.is_active else Action.DEACTIVATED
    change, after = _changed(action, member, after, person, actor, {}, {})
    if not moved:
        return change, after
    old, new = (Claim(EMAIL, member.team_id, key, holder, heir) for key, holder, heir in _passing(member, after))
    return replace(change, claims=tuple(claim for claim in (old, new) if claim.value)), after


def depart(member: Member, actor: Actor, now: datetime, groups: frozenset[str] = frozenset()) -> Change:
    """Take a member out for the identity provider, which grants never hold up (4-security.md, decision 1).

    While a product still holds them the record stays, `removing`: without credentials, unknown to SCIM, its address
    and names free at once. It goes with the last grant.
    """
    if not member.grants:
        return membership.remove(member, (), actor, now, groups=groups)
    after = replace(
        membership.without_credentials(member),
        status=Status.REMOVING,
        link=None,
        held=False,
        grouped=False,
        subjects={},
        claimed=None,
        password_hash=None,
        password_link=PasswordLink(member.password_link.generation + 1),
    )
    deed = Deed(Action.REMOVED, actor, member.subject, member.facts, {"status": Status.REMOVING.value})
    step = Updated(member, after, cuts=membership.CREDENTIALS)
    claims = membership.released(member)
    gone = Described(member, None, groups, membership.barred_by(member), now)
    return Change(steps=(step, gone), claims=claims, deeds=(deed,))


def _passing(before: Member, after: Member) -> tuple[tuple[str, str | None, str | None], ...]:
    return (before.email_key, before.id, None), (after.email_key, None, after.id)


def _moved(member: Member, person: Person) -> Member:
    """Give the member another address, which proves nothing: links to the old one die, none goes to the new one."""
    return replace(
        member,
        email=person.email,
        email_key=person.email_key,
        email_verified=False,
        password_link=PasswordLink(member.password_link.generation + 1),
    )


def _in_or_out(member: Member, person: Person) -> Member:
    """Return the member cut off or let in again; whom an admin cut off by hand only an admin lets in."""
    active = person.active
    if active is None or active is member.is_active:
        return member
    if not active:
        return membership.cut_off(member)
    if member.held:
        raise HeldByHand
    return replace(membership.without_credentials(member), status=Status.ACTIVE)


def _changed(
    action: Action,
    before: Member,
    after: Member,
    person: Person,
    actor: Actor,
    was: Mapping[str, object],
    now_is: Mapping[str, object],
) -> tuple[Change, Member]:
    deed = Deed(
        action,
        actor,
        after.subject,
        {**before.facts, "email": before.email or None, **was},
        {**after.facts, "email": after.email or None, **now_is},
    )
    cuts = membership.CREDENTIALS if after.status is not before.status else ()
    steps: tuple[Step, ...] = (Updated(before, after, cuts=cuts), Described(after, person.text))
    return Change(steps=steps, deeds=(deed,)), after
