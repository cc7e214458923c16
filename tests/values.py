"""Plain domain values for tests of the rules and of the table: each maker fills in what a test does not care about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import boto3

from rollcall.auth import secrets
from rollcall.domain import ids
from rollcall.domain.changes import Change, Claim, Created, Updated
from rollcall.domain.events import Event
from rollcall.domain.founding import found
from rollcall.domain.invitations import EMAIL, Invitation, Inviter, State, Via, accept, create
from rollcall.domain.members import Member, Pat, RoleSource, Session, Source, Status
from rollcall.domain.permissions import Actor, CredentialKind, Role
from rollcall.domain.teams import ALL_PRODUCTS, ProductAccess, Team
from rollcall.storage import keys
from rollcall.storage.commit import commit
from rollcall.storage.reads import invitation_keys, read
from rollcall.storage.table import table_name

if TYPE_CHECKING:
    from infra.local.edges import Json
    from rollcall.storage.items import RecordItem
    from rollcall.storage.keys import Key
    from tests.kit import World

NOW = datetime(2026, 11, 21, 12, 0, 0, 123000, UTC)
MILLISECOND = timedelta(milliseconds=1)
DAY = timedelta(days=1)
PRODUCTS = {"trustgate": "TrustGate", "trusttest": "TrustTest", "trustvault": "TrustVault"}

_numbers = count(1)


def new_id(prefix: str, at: datetime = NOW) -> str:
    """Return an id that no other test has."""
    return ids.make(prefix, at, next(_numbers).to_bytes(10, "big"))


def a_team(**fields: Json) -> Team:
    team_id = new_id("team")
    return replace(Team(team_id, f"team-{next(_numbers)}", "Acme", NOW, PRODUCTS), **fields)


def a_member(team: Team, **fields: Json) -> Member:
    number = next(_numbers)
    plain = Member(
        id=new_id("mem"),
        team_id=team.id,
        email=f"Person{number}@example.com",
        email_key=f"person{number}@example.com",
        name=f"Person {number}",
        role=Role.MEMBER,
        role_source=RoleSource.INVITATION,
        source=Source.INVITED,
        created_at=NOW,
    )
    return replace(plain, **fields)


def an_owner(team: Team, **fields: Json) -> Member:
    return a_member(team, role=Role.OWNER, **fields)


def an_invitation(team: Team, inviter: Member, **fields: Json) -> Invitation:
    number = next(_numbers)
    plain = Invitation(
        id=new_id("inv"),
        team_id=team.id,
        email=f"Nora{number}@example.com",
        email_key=f"nora{number}@example.com",
        role=Role.MEMBER,
        products=ALL_PRODUCTS,
        send_password_email=True,
        inviter=Inviter(inviter.id, inviter.name, inviter.email),
        sent_at=NOW,
        expires_at=NOW + 7 * DAY,
        created_at=NOW,
    )
    return replace(plain, **fields)


def in_state(invitation: Invitation, state: State) -> Invitation:
    """Return the invitation as it stands in that state at NOW; an expired one is not yet marked by the schedule."""
    if state is State.EXPIRED:
        return replace(invitation, expires_at=NOW)
    return replace(invitation, state=state)


def joining(invitation: Invitation, **fields: Json) -> Member:
    """Return the member that the invitation's person becomes."""
    return Member(
        id=new_id("mem"),
        team_id=invitation.team_id,
        email=invitation.email,
        email_key=invitation.email_key,
        name="Nora New",
        role=invitation.role,
        role_source=RoleSource.INVITATION,
        source=Source.INVITED,
        created_at=NOW,
        products=invitation.products,
        **fields,
    )


def by(member: Member, kind: CredentialKind = CredentialKind.PAT, credential_id: str | None = None) -> Actor:
    """Return the member as the one who acts."""
    return Actor(member.team_id, member.id, member.email, member.name, member.role, kind, credential_id)


def a_session(at: datetime = NOW, life: timedelta = DAY, via: str = "password") -> tuple[str, Session]:
    """Return a session and its key in the member item."""
    hashed = secrets.digest(new_id("ses"))
    return secrets.map_key(hashed), Session(new_id("ses", at), hashed, at + life, at + life, via)


def a_pat(expires_at: datetime | None = None) -> tuple[str, Pat]:
    """Return a token and its key in the member item."""
    hashed = secrets.digest(new_id("pat"))
    return secrets.map_key(hashed), Pat(new_id("pat"), hashed, expires_at)


def only(*products: str) -> ProductAccess:
    return ProductAccess(frozenset(products))


def founding(team: Team, owner: Member) -> Change:
    operator = Actor(team.id, None, None, None, None, CredentialKind.OPERATOR)
    return found(team, owner, operator, None)


def inviting(invitation: Invitation, inviter: Member, replaces: Invitation | None = None) -> Change:
    return create(invitation, by(inviter), new_id("let"), replaces)


def accepting(invitation: Invitation, member: Member, at: datetime = NOW) -> Change:
    return accept(invitation, member, Via.MAILED, at)


def stored_member(member: Member) -> Member | None:
    """Return the member as the table has them."""
    return read([keys.member(member.team_id, member.id)]).member(member.team_id, member.id)


def stored_invitation(invitation: Invitation) -> Invitation | None:
    """Return the invitation as the table has it, open or closed."""
    found_there = read(invitation_keys(invitation.team_id, invitation.id))
    return found_there.invitation(invitation.team_id, invitation.id)


def stored_team(team: Team) -> Team | None:
    """Return the team as the table has it."""
    return read([keys.team(team.id)]).team(team.id)


def holder_of(team: Team, email_key: str) -> str | None:
    """Return the id of what holds the address in the team."""
    return read([keys.claim(EMAIL, team.id, email_key)]).holder(EMAIL, team.id, email_key)


def deactivated(member: Member) -> Member:
    return replace(member, status=Status.DEACTIVATED, version=member.version + 1)


def with_role(member: Member, role: Role) -> Member:
    return replace(member, role=role, version=member.version + 1)


def write(change: Change, record: RecordItem | None = None) -> None:
    """Commit the change with an event for each of its deeds."""
    commit(change, [Event(new_id("evt"), deed, NOW, "192.0.2.1", "request") for deed in change.deeds], record)


def added(member: Member) -> Change:
    """Return the plainest change that adds a member: the member and their claim of the address."""
    return Change((Created(member),), (Claim(EMAIL, member.team_id, member.email_key, None, member.id),))


def updated(before: Team | Member | Invitation, after: Team | Member | Invitation) -> Change:
    return Change((Updated(before, after),))


def a_stored_team(*members: Member, team: Team, owner: Member) -> None:
    """Write a team with its owner and further members."""
    write(founding(team, owner))
    for member in members:
        write(added(member))


def poke(key: Key, attribute: str, value: dict[str, str] | None) -> None:
    """Write, or with None remove, one attribute of an item, past the service."""
    update: Json = {"Key": {"PK": {"S": key.pk}, "SK": {"S": key.sk}}, "ExpressionAttributeNames": {"#a": attribute}}
    if value is None:
        update["UpdateExpression"] = "REMOVE #a"
    else:
        update |= {"UpdateExpression": "SET #a = :v", "ExpressionAttributeValues": {":v": value}}
    boto3.client("dynamodb").update_item(TableName=table_name(), **update)


def frozen(world: World) -> str:
    """Return everything that the table holds, as text."""
    return json.dumps(world.items(), sort_keys=True, default=str)
