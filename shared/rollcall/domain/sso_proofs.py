"""Whom a proof by an identity provider means in a team (I12, I16): the member who signs in, or nobody yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollcall.domain.connections import RoleRule
from rollcall.domain.errors import AccountDeactivated, LinkedElsewhere, NotVouched
from rollcall.domain.ids import digest
from rollcall.domain.members import Claimed, Member
from rollcall.domain.permissions import Role
from rollcall.domain.sso_connections import SsoConnection

_MARK = 6


@dataclass(frozen=True, slots=True)
class Proof:
    """What an identity provider has told of a person, once. `subject` and `external_id` are hashes.

    `email` is as typed and `email_key` its key, both empty where it vouches for none; `proven` says that the team has
    proven the address's domain. `groups` None is no word about groups.
    """

    connection: SsoConnection
    subject: str
    external_id: str | None
    email: str
    email_key: str
    proven: bool
    name: str
    groups: tuple[str, ...] | None = None

    @property
    def claimed(self) -> Claimed | None:
        """Return the highest role that the connection's rules give for the groups (R2)."""
        fitting = [rule for rule in self.connection.rules if any(_is(rule, group) for group in self.groups or ())]
        best = max(fitting, key=lambda rule: rule.role.rank, default=None)
        return None if best is None else Claimed(self.connection.id, best.group, best.role)


@dataclass(frozen=True, slots=True)
class Known:
    """Who may be meant: by the subject, by the link of a signed-in member, by SCIM's externalId, by the address."""

    by_subject: Member | None = None
    by_link: Member | None = None
    by_external_id: Member | None = None
    by_email: Member | None = None

    @property
    def of_others(self) -> Member | None:
        """Return who is known by what others vouch for alone."""
        return self.by_external_id or self.by_email


def subject_of(connection: SsoConnection, subject: str) -> str:
    """Return what stands for a subject of a connection; it begins with a mark of issuer and client.

    The issuer is part of it: who is somebody to one issuer is nobody to the one that takes its place.
    """
    return _mark(connection) + digest(f"{connection.id}\0{connection.issuer}\0{subject}")


def stands_for(subject: str, connection: SsoConnection) -> bool:
    """Tell whether a subject is one of the connection as it is now."""
    return subject.startswith(_mark(connection))


def meant(proof: Proof, known: Known, others: Sequence[SsoConnection]) -> Member | None:
    """Return the member who signs in, None where it is nobody yet. `others` are the connections that know them.

    What others have tied to an address that was never proven does not stand against its first proof (case 36).
    Raises AccountDeactivated, LinkedElsewhere, NotVouched.
    """
    member = known.by_subject or known.by_link or known.of_others
    if member is None:
        return None
    if not member.is_active:
        raise AccountDeactivated
    if known.by_link is not None:
        if known.by_link.id != member.id:
            raise LinkedElsewhere
        return member
    first = not member.email_verified and proves(proof, member)
    taken = any(stands_for(member.subjects.get(one.id, ""), one) for one in others)
    if known.by_subject is None and taken and not first:
        raise LinkedElsewhere
    check_vouched(proof, member.role)
    return member


def proves(proof: Proof, member: Member) -> bool:
    """Tell whether this proves that the member's address is theirs."""
    return bool(proof.email_key) and proof.proven and proof.email_key == member.email_key


def check_vouched(proof: Proof, role: Role) -> None:
    """Refuse to let anybody in above the rank of who stands for the connection (I16)."""
    if role.rank > proof.connection.vouched.rank:
        raise NotVouched


def _mark(connection: SsoConnection) -> str:
    return digest(f"{connection.issuer}\0{connection.client_id}")[:_MARK]


def _is(rule: RoleRule, group: str) -> bool:
    return rule.matches(group, group)
