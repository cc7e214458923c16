"""A Change is what a decision writes: values before and after, unique claims, deeds for the audit, letters.

A decision never touches the table. `storage/commit.py` turns one Change into one transaction and derives from the
values what hangs on them: the roster row, its counters, the set of owners.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from rollcall.domain.break_glass import BreakGlass
    from rollcall.domain.connections import Connection
    from rollcall.domain.domains import TeamDomain
    from rollcall.domain.events import Deed
    from rollcall.domain.founding import SignUp
    from rollcall.domain.grants import Grant
    from rollcall.domain.groups import Group, Move
    from rollcall.domain.invitations import Invitation
    from rollcall.domain.members import Member
    from rollcall.domain.permissions import Role
    from rollcall.domain.scim_conflicts import ScimConflict
    from rollcall.domain.seals import Head, Seal
    from rollcall.domain.service_tokens import ServiceToken
    from rollcall.domain.sso_connections import SsoConnection
    from rollcall.domain.teams import Team
    from rollcall.domain.tokens import Token

    Value: TypeAlias = (
        Team | Member | Invitation | Token | Connection | TeamDomain | ScimConflict | SsoConnection | BreakGlass
    )


@dataclass(frozen=True, slots=True)
class Created:
    """A value that must not exist yet."""

    value: "Value | ServiceToken | SignUp"


@dataclass(frozen=True, slots=True)
class Updated:
    """A value that must still be as it was read; only the fields that differ are written.

    `caps` names maps of credentials that must not hold more entries afterwards than so many (I15). `cuts` names maps
    that are written as a whole, so that no entry stays which was added after the reading (I1).
    """

    before: "Value"
    after: "Value"
    caps: tuple[tuple[str, int], ...] = ()
    cuts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Covered:
    """A member whose rank the change rests on: active, and of at least this role, when it is committed."""

    team_id: str
    member_id: str
    role: "Role"


@dataclass(frozen=True, slots=True)
class Removed:
    """A member who is gone at `at`, with this change; whoever still holds grants cannot be (M8).

    `released` grants of theirs are released in the same change. Of whom somebody took away `by_hand`, and the identity
    provider may bring back, a note stays (M10). `groups` are the codes of the groups that they leave by it, `barred`
    the hashes of who they are to identity providers: they do not come back by merely signing in.
    """

    value: "Member"
    at: datetime
    released: int = 0
    by_hand: bool = False
    groups: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Described:
    """What the identity provider says of a member, as the SCIM floor keeps it; None when it says nothing any more.

    Then they leave their `groups` too, of which these are the codes, and are `barred` from then on as `Removed` says.
    """

    member: "Member"
    text: str | None
    groups: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Regrouped:
    """A SCIM group as it was (None: new) and is (None: gone); its version is added to, unless it was read `exact`."""

    before: "Group | None"
    after: "Group | None"
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who joins a group or leaves it; `rests` on all of their groups as they were read.

    `first` makes a member known to be in groups, which is why a removal looks for them.
    """

    move: "Move"
    group: "Group"
    rests: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Rests:
    """A member whose groups the change rests on: they are as they were read."""

    member: "Member"
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Left:
    """A member who leaves some of their groups, by code, before they are removed."""

    member: "Member"
    groups: frozenset[str]
    leaving: frozenset[str]


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant of a member, new (`before` None), changed, or released (`after` None)."""

    team_id: str
    member_id: str
    before: "Grant | None"
    after: "Grant | None"


@dataclass(frozen=True, slots=True)
class Retired:
    """A service token, a sign-up, a domain, a conflict or an SSO connection that is gone with this change."""

    value: "ServiceToken | SignUp | TeamDomain | ScimConflict | SsoConnection"


@dataclass(frozen=True, slots=True)
class Disowned:
    """A team whose set of owners goes with it, so that an owner who is joining meanwhile cannot."""

    team_id: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """Audit events sealed into their team's chain, whose head must still be as it was read."""

    team_id: str
    before: "Head"
    seals: "tuple[Seal, ...]"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A member whose roster row is written anew, from the member as they were read."""

    member: "Member"


@dataclass(frozen=True, slots=True)
class Swept:
    """A roster row of nobody, to be deleted if nobody is still whom it names."""

    team_id: str
    block: int
    member_id: str


@dataclass(frozen=True, slots=True)
class Recounted:
    """Counters of a block that are wrong, and what they must be; `first` is what its first stripe held of them.

    The difference is added, so that changes which count meanwhile are not lost.
    """

    team_id: str
    block: int
    before: "Mapping[str, int]"
    after: "Mapping[str, int]"
    first: "Mapping[str, int]"


@dataclass(frozen=True, slots=True)
class Reowned:
    """The set of active owners as it was read, and as the members say."""

    team_id: str
    before: frozenset[str]
    after: frozenset[str]


Step = (
    Created
    | Updated
    | Covered
    | Removed
    | Described
    | Regrouped
    | Moved
    | Rests
    | Left
    | Granted
    | Retired
    | Disowned
    | Sealed
    | Rewritten
    | Swept
    | Recounted
    | Reowned
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A unique thing (an e-mail address in a team, a slug) passing from one holder's id to another's, or to nobody.

    A claim with `until` lapses then. One that nobody is to hold `before` may also be held by what has lapsed `at`.
    """

    kind: str
    team_id: str
    value: str
    before: str | None
    after: str | None
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to be sent once the change is true: what it is about, never its link (the sender derives that)."""

    id: str
    kind: str
    team_id: str
    subject_id: str
    generation: int
    created_at: datetime
    fields: "dict[str, str]"


@dataclass(frozen=True, slots=True)
class Change:
    """All that one decision writes; an empty one writes nothing.

    `owners` are the active owners as they were read, for the one change that moves ownership from one to another (M5).
    """

    steps: tuple[Step, ...] = ()
    claims: tuple[Claim, ...] = ()
    deeds: "tuple[Deed, ...]" = ()
    letters: tuple[Letter, ...] = ()
    owners: frozenset[str] | None = None
