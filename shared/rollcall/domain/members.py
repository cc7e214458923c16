"""The member: one person in one team, with everything that authentication judges in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from rollcall.domain.changes import Change, Letter, Updated
from rollcall.domain.events import Action, Deed, Subject
from rollcall.domain.permissions import Actor, Role
from rollcall.domain.teams import ALL_PRODUCTS, ProductAccess


class Status(StrEnum):
    """Deactivated keeps record, role and access (M7); a removed member has no record.

    Removing is a member whom the identity provider deleted while a product still holds them: gone for all but that.
    """

    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    REMOVING = "removing"


class RoleSource(StrEnum):
    """Where a role came from (R3)."""

    MANUAL = "manual"
    INVITATION = "invitation"
    MAPPING = "mapping"


class Source(StrEnum):
    """How the person joined."""

    INVITED = "invited"
    SSO = "sso"
    SCIM = "scim"


@dataclass(frozen=True, slots=True)
class Session:
    """A session as the member item keeps it: the secret's hash, its two limits, how it was made."""

    id: str
    hash: str
    expires_at: datetime
    idle_at: datetime
    via: str = "password"

    def live(self, now: datetime) -> bool:
        """Tell whether both limits lie ahead; the moment itself is already too late (I7)."""
        return now < self.ends_at

    @property
    def ends_at(self) -> datetime:
        """Return when it ends unless it is used again before; use moves only the idle limit."""
        return min(self.expires_at, self.idle_at)


@dataclass(frozen=True, slots=True)
class Pat:
    """A personal access token as the member item keeps it; `expires_at` None never expires by itself."""

    id: str
    hash: str
    expires_at: datetime | None

    def live(self, now: datetime) -> bool:
        """Tell whether its time lies ahead."""
        return self.expires_at is None or now < self.expires_at

    @property
    def ends_at(self) -> datetime | None:
        """Return when it ends; None where it never does by itself."""
        return self.expires_at


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """The newest set-password link of a member: links of older generations are dead (I8)."""

    generation: int = 0
    expires_at: datetime | None = None


class Origin(StrEnum):
    """How the identity provider came to manage a member: it made them, or it took over who was there."""

    CREATED = "created"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True)
class Link:
    """What ties a member to the identity provider's record of them.

    `user_name`, `external_id` and `addresses` (those beside the member's own) are the hashes that they are claimed and
    found by. `moved` says that the address is another than the one they came with, so no link is mailed to it before
    they have proven it.
    """

    origin: Origin
    user_name: str
    external_id: str | None = None
    addresses: tuple[str, ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """The role that a member's claims gave at their last sign-in by SSO, by which group and connection (R2)."""

    connection_id: str
    group: str
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a team. `version` rises by one per change, `epoch` with every revocation of everything (I35).

    `link` is there for those whom the identity provider manages; `held` says that an admin deactivated them by hand,
    which the identity provider cannot undo; `grouped` that they are, or were, in a group of its. `email` is empty for
    people without an address. `subjects` are the hashes of who they are to SSO connections, by the connection's id.
    """

    id: str
    team_id: str
    email: str
    email_key: str
    name: str
    role: Role
    role_source: RoleSource
    source: Source
    created_at: datetime
    products: ProductAccess = ALL_PRODUCTS
    status: Status = Status.ACTIVE
    avatar_url: str | None = None
    email_verified: bool = False
    version: int = 1
    epoch: int = 1
    block: int = 0
    password_hash: str | None = None
    password_link: PasswordLink = PasswordLink()
    sessions: Mapping[str, Session] = field(default_factory=dict)
    pats: Mapping[str, Pat] = field(default_factory=dict)
    grants: int = 0
    link: Link | None = None
    held: bool = False
    grouped: bool = False
    subjects: Mapping[str, str] = field(default_factory=dict)
    claimed: Claimed | None = None

    @property
    def is_active(self) -> bool:
        """Tell whether the member may authenticate at all."""
        return self.status is Status.ACTIVE

    @property
    def owns(self) -> bool:
        """Tell whether this is one of the team's active owners (M4 counts no others)."""
        return self.is_active and self.role is Role.OWNER

    @property
    def reachable(self) -> bool:
        """Tell whether a link may be mailed: there is an address, and not only the identity provider vouches for it.

        One that came with a later change proves nothing until the member has signed in by it or by SSO.
        """
        moved = self.link is not None and self.link.moved and not self.email_verified
        return bool(self.email_key) and not moved

    def credential(self, credential_id: str | None) -> Session | Pat | None:
        """Return the session or token of that id."""
        held: tuple[Session | Pat, ...] = (*self.sessions.values(), *self.pats.values())
        return next((one for one in held if one.id == credential_id), None)

    @property
    def facts(self) -> dict[str, object]:
        """Return what an audit event keeps of the member."""
        return {
            "name": self.name,
            "role": self.role.value,
            "role_source": self.role_source.value,
            "products": self.products.told,
            "status": self.status.value,
            "email_verified": self.email_verified,
        }

    @property
    def subject(self) -> Subject:
        """Name the member in an audit event."""
        return Subject("member", self.id, self.email or self.name)


@dataclass(frozen=True, slots=True)
class Profile:
    """What members may change of themselves (M11); None leaves a field as it is, an empty avatar clears it."""

    name: str | None = None
    avatar_url: str | None = None


def edit_profile(member: Member, profile: Profile, actor: Actor) -> tuple[Change, Member]:
    """Change the member's own name and avatar; setting what is already so is no change (M11)."""
    after = replace(
        member,
        name=member.name if profile.name is None else profile.name,
        avatar_url=member.avatar_url if profile.avatar_url is None else profile.avatar_url or None,
    )
    if after == member:
        return Change(), member
    after = replace(after, version=member.version + 1)
    before_and_after = (_profile_of(member), _profile_of(after))
    deed = Deed(Action.PROFILE_EDITED, actor, member.subject, *before_and_after)
    return Change(steps=(Updated(member, after),), deeds=(deed,)), after


def _profile_of(member: Member) -> dict[str, object]:
    return {"name": member.name, "avatar_url": member.avatar_url}


def open_session(
    member: Member,
    key: str,
    session: Session,
    actor: Actor,
    limit: int,
    now: datetime,
    hashed_anew: str | None = None,
    replaced: str | None = None,
) -> Change:
    """Add a session, dropping expired ones and, at the cap, the oldest (C3, I15); the version stays.

    `hashed_anew` is the same password under newer parameters; it takes the old hash's place if that is still there.
    `replaced` is the id of one of the member's sessions that ends with this (case 66).
    """
    sessions = with_session(member, key, session, limit, now, replaced)
    after = replace(member, sessions=sessions, password_hash=hashed_anew or member.password_hash)
    deeds = [Deed(Action.SESSION_OPENED, actor, member.subject, None, {"session": session.id, "via": session.via})]
    if replaced is not None:
        deeds.append(Deed(Action.SESSION_ENDED, actor, member.subject, {"session": replaced}, None))
    return Change(steps=(Updated(member, after, caps=(("sessions", limit),)),), deeds=tuple(deeds))


def with_session(
    member: Member, key: str, session: Session, limit: int, now: datetime, replaced: str | None = None
) -> dict[str, Session]:
    """Return the member's sessions with one more: without expired and replaced ones and, at the cap, the oldest."""
    live = sorted((s.id, k) for k, s in member.sessions.items() if s.live(now) and s.id != replaced)
    kept = {k: member.sessions[k] for _, k in live[max(0, len(live) - limit + 1) :]}
    return {**kept, key: session}


def set_password(member: Member, password_hash: str, actor: Actor, letter_id: str, now: datetime) -> Change:
    """Set a password by mailed link: every session ends, tokens stay, the link and older ones are spent (I8).

    The epoch rises, so that a sign-in with the older password that is under way cannot add its session. A mailed
    link proves the address; where it is the first proof, whatever was set before is void, tokens and links to SSO too
    (I13).
    """
    first = not member.email_verified
    after = replace(
        member,
        pats={} if first else member.pats,
        subjects={} if first else member.subjects,
        password_hash=password_hash,
        password_link=PasswordLink(member.password_link.generation + 1),
        email_verified=True,
        sessions={},
        epoch=member.epoch + 1,
        version=member.version + 1,
    )
    told = {"sessions_ended": len(member.sessions)} | ({"tokens_ended": len(member.pats)} if first else {})
    deed = Deed(Action.PASSWORD_SET, actor, member.subject, None, told)
    notice = Letter(letter_id, "password_changed", member.team_id, member.id, 0, now, {})
    cuts = ("sessions", "pats") if first else ("sessions",)
    return Change(steps=(Updated(member, after, cuts=cuts),), deeds=(deed,), letters=(notice,))
