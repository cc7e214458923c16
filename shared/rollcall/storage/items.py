"""What is stored: one class per kind of item.

Wire names are short, because capacity is counted by the kilobyte. Times are milliseconds since 1970.
"""

from pynamodb.attributes import ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from rollcall.storage.table import Item


class TeamItem(Item):
    """A team with its policies."""

    id = UnicodeAttribute(attr_name="i")
    slug = UnicodeAttribute(attr_name="g")
    name = UnicodeAttribute(attr_name="n")
    state = UnicodeAttribute(attr_name="s")
    products = UnicodeAttribute(attr_name="p")
    retired = UnicodeAttribute(attr_name="pr", default="")
    settings = UnicodeAttribute(attr_name="set")
    flags = UnicodeAttribute(attr_name="f", default="")
    sso_switched_at = NumberAttribute(attr_name="sw", null=True)
    deleted_at = NumberAttribute(attr_name="da", null=True)
    version = NumberAttribute(attr_name="v")


class ConnectionItem(Item):
    """A team's SCIM connection; tokens and mapping as JSON texts, because they are only ever read together."""

    state = UnicodeAttribute(attr_name="s")
    tokens = UnicodeAttribute(attr_name="t")
    rules = UnicodeAttribute(attr_name="r")
    shadow = UnicodeAttribute(attr_name="sh", null=True)
    version = NumberAttribute(attr_name="v")


class SsoConnectionItem(Item):
    """An SSO connection as JSON text, because it is only ever read as a whole; its id stands in the key."""

    text = UnicodeAttribute(attr_name="t")
    version = NumberAttribute(attr_name="v")


class BreakGlassItem(Item):
    """The break-glass codes of a team's owners as JSON text: hashes, and when they were made, by the owner's code."""

    text = UnicodeAttribute(attr_name="t")
    version = NumberAttribute(attr_name="v")


class DomainItem(Item):
    """A domain that a team claims; its name stands in the key."""

    proof = UnicodeAttribute(attr_name="p")
    created_at = NumberAttribute(attr_name="c")
    state = UnicodeAttribute(attr_name="s")
    verified_at = NumberAttribute(attr_name="va", null=True)
    check_at = NumberAttribute(attr_name="ca", null=True)
    misses = NumberAttribute(attr_name="m")
    version = NumberAttribute(attr_name="v")


class LogItem(Item):
    """A request of an identity provider, and what it came to."""

    method = UnicodeAttribute(attr_name="m")
    path = UnicodeAttribute(attr_name="p")
    status = NumberAttribute(attr_name="s")
    meaning = UnicodeAttribute(attr_name="w")
    changed: ListAttribute[str] = ListAttribute(attr_name="c", default=list)
    hint = UnicodeAttribute(attr_name="h", null=True)
    token_id = UnicodeAttribute(attr_name="t", null=True)
    request_id = UnicodeAttribute(attr_name="q", null=True)


class ConflictItem(Item):
    """What an identity provider sent for an address that is a member's; the member stands in the key."""

    user_name = UnicodeAttribute(attr_name="u")
    external_id = UnicodeAttribute(attr_name="x", null=True)
    resource = UnicodeAttribute(attr_name="t")
    first_at = NumberAttribute(attr_name="f")
    last_at = NumberAttribute(attr_name="l")
    version = NumberAttribute(attr_name="v")


class UsedItem(Item):
    """When a SCIM token was last used."""

    at = NumberAttribute(attr_name="lu")


class OwnersItem(Item):
    """The ids of the team's active owners."""

    owners = UnicodeSetAttribute()


class ClaimItem(Item):
    """A unique thing and the id of what holds it, with a member's roster block; after `lapses_at` it is nobody's."""

    holder = UnicodeAttribute(attr_name="h")
    block = NumberAttribute(attr_name="b", null=True)
    lapses_at = NumberAttribute(attr_name="x", null=True)


class DescriptionItem(Item):
    """What the identity provider says of a member, as JSON text, and the codes of the groups that they are in."""

    text = UnicodeAttribute(attr_name="d", null=True)
    groups = UnicodeSetAttribute(attr_name="g", null=True)


class GroupItem(Item):
    """A SCIM group; `parents` are the codes of the groups that it is nested in."""

    name = UnicodeAttribute(attr_name="n")
    external_id = UnicodeAttribute(attr_name="x", null=True)
    version = NumberAttribute(attr_name="v")
    modified = NumberAttribute(attr_name="m")
    parents = UnicodeSetAttribute(attr_name="g", null=True)
    filling = NumberAttribute(attr_name="fi", null=True)
    behind = NumberAttribute(attr_name="bh", null=True)


class MembershipItem(Item):
    """Somebody in a SCIM group; `nested` marks a group."""

    nested = NumberAttribute(attr_name="k", null=True)


class SignUpItem(Item):
    """A request for a team, under the id that the team is to have."""

    id = UnicodeAttribute(attr_name="i")
    owner_id = UnicodeAttribute(attr_name="o")
    slug = UnicodeAttribute(attr_name="g")
    name = UnicodeAttribute(attr_name="n")
    email = UnicodeAttribute(attr_name="e")
    email_key = UnicodeAttribute(attr_name="k")
    owner_name = UnicodeAttribute(attr_name="on")
    expires_at = NumberAttribute(attr_name="x")


class MemberItem(Item):
    """A member with the hashes of its credentials, which is all that authentication reads of a person."""

    id = UnicodeAttribute(attr_name="i")
    email = UnicodeAttribute(attr_name="e")
    email_key = UnicodeAttribute(attr_name="k")
    name = UnicodeAttribute(attr_name="n")
    avatar_url = UnicodeAttribute(attr_name="a", null=True)
    role = UnicodeAttribute(attr_name="r")
    role_source = UnicodeAttribute(attr_name="rs")
    source = UnicodeAttribute(attr_name="so")
    status = UnicodeAttribute(attr_name="s")
    products = UnicodeAttribute(attr_name="p")
    email_verified = NumberAttribute(attr_name="ev")
    version = NumberAttribute(attr_name="v")
    epoch = NumberAttribute(attr_name="ep")
    block = NumberAttribute(attr_name="b")
    password_hash = UnicodeAttribute(attr_name="pw", null=True)
    link_generation = NumberAttribute(attr_name="lg")
    link_expires = NumberAttribute(attr_name="lx", null=True)
    sessions: MapAttribute[str, str] = MapAttribute(attr_name="ses")
    pats: MapAttribute[str, str] = MapAttribute(attr_name="pat")
    grants = NumberAttribute(attr_name="gr", default=0)
    link = UnicodeAttribute(attr_name="li", null=True)
    held = NumberAttribute(attr_name="hd", default=0)
    grouped = NumberAttribute(attr_name="gp", null=True)
    subjects = UnicodeAttribute(attr_name="su", null=True)
    claimed = UnicodeAttribute(attr_name="cl", null=True)
    role_event = UnicodeAttribute(attr_name="re", null=True)
    owner_since = NumberAttribute(attr_name="os", null=True)
    products_event = UnicodeAttribute(attr_name="pe", null=True)


class InvitationItem(Item):
    """An invitation; pending ones stand in the index under their deadline."""

    id = UnicodeAttribute(attr_name="i")
    email = UnicodeAttribute(attr_name="e")
    email_key = UnicodeAttribute(attr_name="k")
    role = UnicodeAttribute(attr_name="r")
    products = UnicodeAttribute(attr_name="p")
    send_password_email = NumberAttribute(attr_name="sp")
    inviter_id = UnicodeAttribute(attr_name="bi")
    inviter_name = UnicodeAttribute(attr_name="bn")
    inviter_email = UnicodeAttribute(attr_name="be")
    sent_at = NumberAttribute(attr_name="ss")
    expires_at = NumberAttribute(attr_name="x")
    resent_at = NumberAttribute(attr_name="rt", null=True)
    state = UnicodeAttribute(attr_name="s")
    generation = NumberAttribute(attr_name="g")
    version = NumberAttribute(attr_name="v")
    delivery = UnicodeAttribute(attr_name="d")
    message = UnicodeAttribute(attr_name="m", null=True)
    copied_by = UnicodeAttribute(attr_name="cb", null=True)
    asked_at = NumberAttribute(attr_name="aa", null=True)


class OpenBlocksItem(Item):
    """The blocks that new members go to, and the number of the next one to be opened."""

    blocks: ListAttribute[float] = ListAttribute(attr_name="b")
    following = NumberAttribute(attr_name="nx")


class HeaderItem(Item):
    """One stripe of a block's counters; the counters are attributes named by `roster.cells`."""

    total = NumberAttribute(attr_name="n")


class EventItem(Item):
    """An audit event; who and what stand beside the text so that lists can filter."""

    action = UnicodeAttribute(attr_name="ac")
    actor_id = UnicodeAttribute(attr_name="by", null=True)
    subject_id = UnicodeAttribute(attr_name="on")
    text = UnicodeAttribute(attr_name="t")


class SealItem(Item):
    """The seal of an audit event: its place in the team's chain, the hash before and its own."""

    sequence = NumberAttribute(attr_name="q")
    previous = UnicodeAttribute(attr_name="p")
    hash = UnicodeAttribute(attr_name="h")


class HeadItem(Item):
    """How far a team's chain of seals goes."""

    sequence = NumberAttribute(attr_name="q")
    hash = UnicodeAttribute(attr_name="h")


class LetterItem(Item):
    """A letter in the outbox: what it is about, how far it got; never a link."""

    id = UnicodeAttribute(attr_name="i")
    kind = UnicodeAttribute(attr_name="k")
    team_id = UnicodeAttribute(attr_name="te")
    subject_id = UnicodeAttribute(attr_name="on")
    generation = NumberAttribute(attr_name="g")
    created_at = NumberAttribute(attr_name="c")
    fields = UnicodeAttribute(attr_name="f")
    state = UnicodeAttribute(attr_name="s")
    lease_until = NumberAttribute(attr_name="l", null=True)
    tries = NumberAttribute(attr_name="tr", default=0)
    message_id = UnicodeAttribute(attr_name="mi", null=True)


class RecordItem(Item):
    """What was answered to an idempotency key; answers that held a secret are not kept."""

    body_hash = UnicodeAttribute(attr_name="h")
    status = NumberAttribute(attr_name="st")
    answer = UnicodeAttribute(attr_name="an", null=True)
    made_at = NumberAttribute(attr_name="m")
    expires_at = NumberAttribute(attr_name="x")


class SweepItem(Item):
    """The oldest day that a sweep has not finished."""

    day = UnicodeAttribute(attr_name="d")


class TokenItem(Item):
    """What is told of a personal access token; `last_used` is a mark."""

    id = UnicodeAttribute(attr_name="i")
    name = UnicodeAttribute(attr_name="n")
    last4 = UnicodeAttribute(attr_name="l4")
    hash = UnicodeAttribute(attr_name="h")
    expires_at = NumberAttribute(attr_name="x", null=True)
    revoked_at = NumberAttribute(attr_name="rv", null=True)
    notice_at = NumberAttribute(attr_name="na", null=True)
    last_used = NumberAttribute(attr_name="lu", null=True)


class ServiceTokenItem(Item):
    """A product's service token, as authentication reads it; the list has a copy in the team's partition."""

    id = UnicodeAttribute(attr_name="i")
    product = UnicodeAttribute(attr_name="p")
    name = UnicodeAttribute(attr_name="n")
    last4 = UnicodeAttribute(attr_name="l4")
    hash = UnicodeAttribute(attr_name="h")


class ServiceTokensItem(Item):
    """The ids of a product's service tokens: what holds their number within its limit."""

    ids = UnicodeSetAttribute(null=True)


class GrantItem(Item):
    """What a product has put a member into."""

    name = UnicodeAttribute(attr_name="n")
    kind = UnicodeAttribute(attr_name="k")


class RowItem(Item):
    """A member as lists and search see them: compact, in join order; `flags` as `roster.flags` writes them."""

    folded = UnicodeAttribute(attr_name="f")
    name = UnicodeAttribute(attr_name="n")
    email = UnicodeAttribute(attr_name="e")
    avatar_url = UnicodeAttribute(attr_name="a", null=True)
    flags = UnicodeAttribute(attr_name="g")
    products = UnicodeAttribute(attr_name="p")
    version = NumberAttribute(attr_name="v")
    modified = NumberAttribute(attr_name="m", null=True)
    last_active = NumberAttribute(attr_name="l", null=True)
