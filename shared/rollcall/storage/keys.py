"""Every key of the table, as functions. Parts that come from outside stand last or are hashed, so none can add a part.

`t`, `m`, `i` stand for the 22-character codes of team, member and invitation.

| What | PK | SK | Read by |
|---|---|---|---|
| team with its policies | `T#t` | `TEAM` | every authentication (with the member) |
| SCIM connection: its tokens, its mapping | `T#t` | `SCIM` | every authentication by a SCIM token (with the team) |
| SSO connection | `T#t` | `IDP#connection` | sign-in, its page |
| break-glass codes of the owners (hashed) | `T#t` | `GLASS` | break-glass sign-in |
| domain that the team claims | `T#t` | `DOMAIN#domain` | list, and whoever asks whether an address's domain is proven |
| SSO connection's team | `IDP#connection` | `LOCK` | the start of a sign-in |
| domain, held by the team that proved it | `DOMAIN#domain` | `LOCK` | conditions: one team only |
| request of an identity provider (30 days) | `SL#t` | request | the log, newest first |
| conflict: whom a provider asked for in vain | `SC#t` | `m` | list, accept |
| last use of a SCIM token | `USED#t` | token | list of the tokens |
| active owners (string set) | `T#t` | `OWNERS` | conditions only: the last-owner guard |
| slug, held by a team or for 24 h by a sign-up | `SLUG#slug` | `LOCK` | sign-in, sign-up |
| sign-up, under the id of the team to be | `REQ#t` | `REQUEST` | its link, its letter |
| member with its credentials' hashes | `M#t#m` | `MEMBER` | every authentication, target of member operations |
| token and session details, grants | `M#t#m` | `PAT#…` `SES#…` `GRANT#product#name` | lists of one member |
| mark of a removed member | `M#t#m` | `GONE` | the purge of what the member left behind |
| service token of a product | `S#t#id` | `TOKEN` | every authentication by it (with the team) |
| service tokens of a product | `T#t` | `SVC#product#id` | list |
| their ids (string set) | `T#t` | `SVC#product` | conditions only: the limit |
| claim: e-mail, userName, externalId, group, subject, nonce | `U#t#kind#value` | `LOCK` | invite, SCIM, sign-on |
| invitation, pending or expired | `I#t` | `i` | get, links, list (Query, newest first) |
| invitation, closed | `IA#t` | `i` | get, links, list by a closed state |
| open blocks of the roster | `H#t` | `OPEN` | joining |
| roster header: counters of a block (8 stripes) | `H#t` | `block#stripe` | totals, rank directory (one Query) |
| roster row | `R#t#block` | `m` | lists and search, in join order |
| what is said of a member, the set of their groups | `SU#t#block` | `m` | SCIM lists, beside the roster rows |
| further e-mail address of a member | `UA#t#address` | `m` | SCIM filters |
| SCIM group | `GS#t` | `g` | groups |
| its memberships | `G#t#g` | `m` | groups |
| audit event (put-only) | `A#t` | event | audit list, newest first |
| seal of an audit event (put-only) | `SEAL#t` | event | exports; says that the event is sealed |
| head of the audit's chain | `HEAD#t` | `SEAL` | the sealer, exports |
| letter (outbox) | `OUT#letter` | `LETTER` | stream, sender |
| idempotency record (24 h) | `IDEM#hash` | `RECORD` | replays, with the authentication's read |
| oldest unfinished day of a sweep | `SWEEP#kind` | `DAY` | the sweep |
| throttle mark | `RL#scope#hash#window` | `MARK` | throttles |
| index `expiry`: pending invitations | XP `X#day#shard` | XS `time#…` | the sweep |
| index `expiry`: tokens whose end is to be told | XP `T#day#shard` | XS `time#…` | letters before an expiry |
| index `expiry`: domains to be looked up again | XP `D#day#shard` | XS `time#…` | the daily check |
| index `expiry`: removed members | XP `G#day#shard` | XS `time#…` | the purge |
| index `expiry`: unsent letters | XP `L#day#shard` | XS `time#…` | re-driving the sender |
"""

import hashlib
from datetime import date, datetime
from typing import NamedTuple

from rollcall.domain import ids, times

EXPIRY_SHARDS = 8
STRIPES = 8


class Key(NamedTuple):
    """A primary key of the table."""

    pk: str
    sk: str


def team(team_id: str) -> Key:
    """Return the key of the team item."""
    return Key(f"T#{ids.code(team_id)}", "TEAM")


def connection(team_id: str) -> Key:
    """Return the key of the team's SCIM connection."""
    return Key(team(team_id).pk, "SCIM")


def sso_connection(team_id: str, connection_id: str) -> Key:
    """Return the key of an SSO connection."""
    return Key(team(team_id).pk, f"IDP#{ids.code(connection_id)}")


def break_glass(team_id: str) -> Key:
    """Return the key of the owners' break-glass codes, all in one item."""
    return Key(team(team_id).pk, "GLASS")


def domain(team_id: str, name: str) -> Key:
    """Return the key of a domain that the team claims."""
    return Key(team(team_id).pk, f"DOMAIN#{name}")


def scim_log_of(team_id: str) -> str:
    """Return the partition of a team's log of requests."""
    return f"SL#{ids.code(team_id)}"


def scim_log(team_id: str, entry_id: str) -> Key:
    """Return the key of an entry of the log."""
    return Key(scim_log_of(team_id), ids.code(entry_id))


def scim_conflicts_of(team_id: str) -> str:
    """Return the partition of a team's conflicts."""
    return f"SC#{ids.code(team_id)}"


def scim_conflict(team_id: str, member_id: str) -> Key:
    """Return the key of the conflict that a member's address met."""
    return Key(scim_conflicts_of(team_id), ids.code(member_id))


def scim_use(team_id: str, token_id: str) -> Key:
    """Return the key of the mark that tells when a SCIM token was last used."""
    return Key(f"USED#{ids.code(team_id)}", ids.code(token_id))


def owners(team_id: str) -> Key:
    """Return the key of the team's set of active owners."""
    return Key(f"T#{ids.code(team_id)}", "OWNERS")


def member(team_id: str, member_id: str) -> Key:
    """Return the key of the member item, a partition of its own."""
    return Key(f"M#{ids.code(team_id)}#{ids.code(member_id)}", "MEMBER")


def grant(team_id: str, member_id: str, product: str, grant_id: str) -> Key:
    """Return the key of a grant, in its member's partition; the product's own id stands last."""
    return Key(member(team_id, member_id).pk, f"GRANT#{product}#{grant_id}")


def pat(team_id: str, member_id: str, pat_id: str) -> Key:
    """Return the key of a token's details (name, expiry, last use), in its member's partition.

    It names the random part of the id alone, which can be told from the token's text (auth/secrets.py).
    """
    return Key(member(team_id, member_id).pk, f"PAT#{pat_id[-ids.RANDOM_LENGTH :]}")


def remnant(team_id: str, member_id: str) -> Key:
    """Return the key of what leads the purge to the partition of a removed member."""
    return Key(member(team_id, member_id).pk, "GONE")


def service_token(team_id: str, token_id: str) -> Key:
    """Return the key of a product's service token, a partition of its own: authentication reads it."""
    return Key(f"S#{ids.code(team_id)}#{ids.code(token_id)}", "TOKEN")


def listed_service_token(team_id: str, product: str, token_id: str) -> Key:
    """Return the key of a service token's entry in the list of its product."""
    return Key(team(team_id).pk, f"SVC#{product}#{ids.code(token_id)}")


def service_tokens(team_id: str, product: str) -> Key:
    """Return the key of the set of a product's service tokens."""
    return Key(team(team_id).pk, f"SVC#{product}")


def claim(kind: str, team_id: str, value: str) -> Key:
    """Return the key of a claim; slugs, proven domains and SSO connections are unique over all teams, others in one."""
    if kind in {"domain", "idp"}:
        return Key(f"{kind.upper()}#{value}", "LOCK")
    if kind == "slug":
        return Key(f"SLUG#{value}", "LOCK")
    return Key(f"U#{ids.code(team_id)}#{kind}#{value}", "LOCK")


def further_address(team_id: str, address: str, member_id: str) -> Key:
    """Return the key of an e-mail address (hashed) that a member has beside their own; several may share one."""
    return Key(f"UA#{ids.code(team_id)}#{address}", ids.code(member_id))


def description(team_id: str, block: int, member_id: str) -> Key:
    """Return the key of what the identity provider says of a member; in the order of the roster rows."""
    return Key(f"SU#{ids.code(team_id)}#{block:05d}", ids.code(member_id))


def group(team_id: str, group_id: str) -> Key:
    """Return the key of a SCIM group; all of a team's lie together."""
    return Key(f"GS#{ids.code(team_id)}", ids.code(group_id))


def membership(team_id: str, group_code: str, party_code: str) -> Key:
    """Return the key of a membership: of a member or of a nested group."""
    return Key(f"G#{ids.code(team_id)}#{group_code}", party_code)


def sign_up(team_id: str) -> Key:
    """Return the key of the request for a team that is to have this id."""
    return Key(f"REQ#{ids.code(team_id)}", "REQUEST")


def invitation(team_id: str, invitation_id: str, *, closed: bool = False) -> Key:
    """Return the key of an invitation; closed ones lie in a partition of their own, so that lists stay short."""
    return Key(f"{'IA' if closed else 'I'}#{ids.code(team_id)}", ids.code(invitation_id))


def open_blocks(team_id: str) -> Key:
    """Return the key of the item that names the roster blocks new members go to."""
    return Key(f"H#{ids.code(team_id)}", "OPEN")


def header(team_id: str, block: int, stripe: int) -> Key:
    """Return the key of one stripe of a block's counters."""
    return Key(f"H#{ids.code(team_id)}", f"{block:05d}#{stripe}")


def row(team_id: str, block: int, member_id: str) -> Key:
    """Return the key of a member's roster row."""
    return Key(f"R#{ids.code(team_id)}#{block:05d}", ids.code(member_id))


def event(team_id: str, event_id: str) -> Key:
    """Return the key of an audit event."""
    return Key(f"A#{ids.code(team_id)}", ids.code(event_id))


def seal(team_id: str, event_id: str) -> Key:
    """Return the key of an audit event's seal; it sorts as the events do."""
    return Key(f"SEAL#{ids.code(team_id)}", ids.code(event_id))


def head(team_id: str) -> Key:
    """Return the key of the head of a team's chain, apart from the seals, which nobody may update."""
    return Key(f"HEAD#{ids.code(team_id)}", "SEAL")


def letter(letter_id: str) -> Key:
    """Return the key of a letter in the outbox."""
    return Key(f"OUT#{ids.code(letter_id)}", "LETTER")


def idempotency(team_id: str, actor_id: str, route: str, key: str) -> Key:
    """Return the key of an idempotency record: scoped to team, actor and route, so that no answer crosses them."""
    scope = f"{team_id}\0{actor_id}\0{route}\0{key}"
    return Key(f"IDEM#{hashlib.sha256(scope.encode()).hexdigest()}", "RECORD")


def throttle(scope: str, subject: str, window: int) -> Key:
    """Return the key of a throttle's counter for one window of time; the subject (an address) is kept hashed."""
    return Key(f"RL#{scope}#{hashlib.sha256(subject.encode()).hexdigest()[:32]}#{window}", "MARK")


def bookmark(kind: str) -> Key:
    """Return the key of a sweep's oldest unfinished day."""
    return Key(f"SWEEP#{kind}", "DAY")


def expiry(kind: str, at: datetime, an_id: str) -> Key:
    """Return the index key (XP, XS) under which something due at that time is found; sharded by day."""
    return Key(expiry_partition(kind, at.date(), shard_of(an_id)), f"{times.rfc3339(at)}#{ids.code(an_id)}")


def expiry_partition(kind: str, day: date, shard: int) -> str:
    """Return one of a day's index partitions."""
    return f"{kind}#{day:%Y%m%d}#{shard}"


def shard_of(an_id: str) -> int:
    """Spread ids evenly over the shards, the same way each time."""
    return ids.number_of(ids.code(an_id)[-4:]) % EXPIRY_SHARDS
