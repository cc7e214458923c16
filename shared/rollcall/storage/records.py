"""The way between items and the smaller values: events, letters, tokens, grants; `values` has the large ones."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from rollcall.domain import ids
from rollcall.domain.changes import Letter
from rollcall.domain.events import Event
from rollcall.domain.founding import SignUp
from rollcall.domain.grants import Grant, GrantKind
from rollcall.domain.service_tokens import ServiceToken
from rollcall.domain.times import epoch_ms, from_epoch_ms, rfc3339
from rollcall.domain.tokens import Token
from rollcall.storage import keys
from rollcall.storage.items import EventItem, GrantItem, LetterItem, ServiceTokenItem, SignUpItem, TokenItem
from rollcall.storage.table import Item

LETTER_DAYS = 30
LAPSED_KEPT = timedelta(days=1)


def event_item(event: Event) -> EventItem:
    """Return the item of an audit event, complete in itself: nothing in it is looked up later (T2)."""
    deed = event.deed
    return EventItem(
        *keys.event(deed.actor.team_id, event.id),
        action=deed.action.value,
        actor_id=deed.actor.member_id,
        subject_id=deed.subject.id,
        text=json.dumps(event_facts(event), ensure_ascii=False, separators=(",", ":")),
    )


def event_facts(event: Event) -> Mapping[str, object]:
    """Return an event as the audit tells it."""
    deed, actor = event.deed, event.deed.actor
    role = None if actor.role is None else actor.role.value
    credential = {"kind": actor.kind.value, "id": actor.credential_id}
    return {
        "id": event.id,
        "action": deed.action.value,
        "at": rfc3339(event.at),
        "actor": {"id": actor.member_id, "email": actor.email, "role": role, "credential": credential},
        "target": {"type": deed.subject.kind, "id": deed.subject.id, "label": deed.subject.label},
        "before": deed.before,
        "after": deed.after,
        "address": event.address,
        "request_id": event.request_id,
    }


def letter_item(letter: Letter) -> LetterItem:
    """Return the outbox item of a letter; it stands in the index until it is sent."""
    due = keys.expiry("L", letter.created_at, letter.id)
    return LetterItem(
        *keys.letter(letter.id),
        XP=due.pk,
        XS=due.sk,
        ttl=int(letter.created_at.timestamp()) + LETTER_DAYS * 24 * 3600,
        id=letter.id,
        kind=letter.kind,
        team_id=letter.team_id,
        subject_id=letter.subject_id,
        generation=letter.generation,
        created_at=epoch_ms(letter.created_at),
        fields=json.dumps(letter.fields),
        state="new",
    )


def letter_of(item: LetterItem, created_at: datetime) -> Letter:
    """Return a letter as the decision wrote it."""
    fields = json.loads(item.fields)
    return Letter(item.id, item.kind, item.team_id, item.subject_id, int(item.generation), created_at, fields)


def grant_item(team_id: str, member_id: str, grant: Grant) -> GrantItem:
    """Return the item of a grant."""
    return GrantItem(*keys.grant(team_id, member_id, grant.product, grant.id), name=grant.name, kind=grant.kind.value)


def grant_of(item: GrantItem) -> Grant:
    """Return the grant."""
    _, product, grant_id = item.SK.split("#", 2)
    return Grant(product, grant_id, item.name, GrantKind(item.kind))


def token_item(token: Token) -> TokenItem:
    """Return the item of a token's details."""
    due = None if token.notice_at is None else keys.expiry("T", token.notice_at, token.id)
    return TokenItem(
        *keys.pat(token.team_id, token.member_id, token.id),
        XP=due.pk if due else None,
        XS=due.sk if due else None,
        notice_at=None if token.notice_at is None else epoch_ms(token.notice_at),
        id=token.id,
        name=token.name,
        last4=token.last4,
        hash=token.hash,
        expires_at=None if token.expires_at is None else epoch_ms(token.expires_at),
        revoked_at=None if token.revoked_at is None else epoch_ms(token.revoked_at),
    )


def token_of(item: TokenItem, team_id: str, member_id: str) -> Token:
    """Return what is told of a token."""
    return Token(
        id=item.id,
        team_id=team_id,
        member_id=member_id,
        name=item.name,
        last4=item.last4,
        hash=item.hash,
        expires_at=None if item.expires_at is None else from_epoch_ms(int(item.expires_at)),
        revoked_at=None if item.revoked_at is None else from_epoch_ms(int(item.revoked_at)),
        notice_at=None if item.notice_at is None else from_epoch_ms(int(item.notice_at)),
    )


def remnant_item(team_id: str, member_id: str, at: datetime) -> Item:
    """Return what leads the purge to what a removed member left behind."""
    due = keys.expiry("G", at, member_id)
    return Item(*keys.remnant(team_id, member_id), XP=due.pk, XS=due.sk)


def lapsed_ttl(lapsed: datetime) -> int:
    """Return when what has lapsed may be swept away; until then the holder of its link is told that it has."""
    return int((lapsed + LAPSED_KEPT).timestamp())


def sign_up_item(sign_up: SignUp) -> SignUpItem:
    """Return the item of a sign-up."""
    return SignUpItem(
        *keys.sign_up(sign_up.team_id),
        ttl=lapsed_ttl(sign_up.expires_at),
        id=sign_up.team_id,
        owner_id=sign_up.owner_id,
        slug=sign_up.slug,
        name=sign_up.name,
        email=sign_up.email,
        email_key=sign_up.email_key,
        owner_name=sign_up.owner_name,
        expires_at=epoch_ms(sign_up.expires_at),
    )


def sign_up_of(item: SignUpItem) -> SignUp:
    """Return the sign-up."""
    return SignUp(
        team_id=item.id,
        owner_id=item.owner_id,
        slug=item.slug,
        name=item.name,
        email=item.email,
        email_key=item.email_key,
        owner_name=item.owner_name,
        asked_at=ids.made_at(item.id),
        expires_at=from_epoch_ms(int(item.expires_at)),
    )


def service_token_items(token: ServiceToken) -> tuple[ServiceTokenItem, ServiceTokenItem]:
    """Return the item that authenticates and the one that is listed."""
    places = (
        keys.service_token(token.team_id, token.id),
        keys.listed_service_token(token.team_id, token.product, token.id),
    )
    one, other = (
        ServiceTokenItem(*key, id=token.id, product=token.product, name=token.name, last4=token.last4, hash=token.hash)
        for key in places
    )
    return one, other


def service_token_of(item: ServiceTokenItem, team_id: str) -> ServiceToken:
    """Return the service token."""
    return ServiceToken(item.id, team_id, item.product, item.name, item.last4, item.hash)
