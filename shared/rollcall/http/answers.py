"""What each result becomes as an answer; pure, because an idempotency record keeps it before it is sent."""

import os
from typing import Any

from rollcall.actions.accept import Joined, Seen
from rollcall.actions.explain import Explanation
from rollcall.actions.grants import Recorded
from rollcall.actions.invite import warnings
from rollcall.actions.invite_many import Outcome, emails
from rollcall.actions.preview_tokens import Preview
from rollcall.actions.sign_in import Options, SignedIn
from rollcall.actions.tokens import Held, Listed
from rollcall.actions.ways_in import ways_in
from rollcall.auth import keyring
from rollcall.domain.grants import Grant
from rollcall.domain.invitations import Invitation
from rollcall.domain.members import Member, Session
from rollcall.domain.membership import Receipt
from rollcall.domain.service_tokens import ServiceToken
from rollcall.domain.team_changes import settings_of
from rollcall.domain.teams import Team
from rollcall.domain.times import rfc3339
from rollcall.domain.tokens import Token, TokenState
from rollcall.http import cursors, queries
from rollcall.http.endpoint import Request
from rollcall.http.reply import Reply, etag
from rollcall.http.request import COOKIE
from rollcall.http.views import (
    invitation_view,
    member_view,
    row_view,
    service_token_view,
    session_view,
    team_view,
    token_view,
)
from rollcall.storage.audit import EventPage
from rollcall.storage.invitations import InvitationPage
from rollcall.storage.members import MemberPage


def link_keys() -> list[bytes]:
    """Return the keys of mailed links."""
    return keyring.link_keys()


def cursor_keys() -> list[bytes]:
    """Return the keys of page cursors."""
    return queries.cursor_keys()


def invitation_created(request: Request[Any], invitation: Invitation) -> Reply:
    """Return 201 with the invitation and what the inviter should know."""
    body = {
        **invitation_view(invitation, request.call.team, request.call.now),
        "warnings": warnings(invitation, request.call.team),
    }
    location = {"location": f"{os.environ['PUBLIC_BASE_URL']}/v1/invitations/{invitation.id}"}
    return Reply(201, body, {**etag(invitation.version), **location})


def bulk(_: Request[Any], outcomes: list[Outcome]) -> Reply:
    """Return 200 with what became of each address."""
    return Reply(200, {"data": emails(outcomes)})


def invitation(request: Request[Any], value: Invitation) -> Reply:
    """Return 200 with an invitation."""
    return Reply(200, invitation_view(value, request.call.team, request.call.now), etag(value.version))


def copied_link(_: Request[Any], value: tuple[str, Invitation]) -> Reply:
    """Return 200 with the link, which no record keeps."""
    token, about = value
    url = f"{os.environ['PUBLIC_BASE_URL']}/i/{token}"
    return Reply(200, {"url": url, "expires_at": rfc3339(about.expires_at)}, etag(about.version), secret=True)


def sign_in_options(_: Request[Any], value: Options) -> Reply:
    """Return 200 with how people sign in to a team."""
    body = {
        "team": {"slug": value.team.slug, "name": value.team.name},
        "password": value.team.passwords_open,
        "sso_enforced": value.team.sso_enforced,
        "providers": [way.told for way in ways_in(value.connections, os.environ["PUBLIC_BASE_URL"])],
    }
    return Reply(200, body)


def nothing(_: Request[Any], __: object) -> Reply:
    """Return 204."""
    return Reply(204)


def accepted(_: Request[Any], __: object) -> Reply:
    """Return 202: it will be done, and nobody is told what became of it."""
    return Reply(202)


def seen_link(request: Request[Any], seen: Seen) -> Reply:
    """Return 200 with what a live link stands for."""
    about, team = seen.invitation, seen.team
    ways = ways_in(seen.connections, os.environ["PUBLIC_BASE_URL"], request.link.text)
    body = {
        "team": {"slug": team.slug, "name": team.name},
        "email": about.email,
        "role": about.role.value,
        "products": about.products.within(team).told,
        "inviter": {"name": about.inviter.name},
        "message": about.message,
        "expires_at": rfc3339(about.expires_at),
        "needs_password": about.send_password_email and team.passwords_open,
        "sso_required": team.sso_enforced,
        "providers": [way.told for way in ways],
    }
    return Reply(200, body)


def joined(_: Request[Any], value: Joined) -> Reply:
    """Return 201 with the new member, and with their session if they chose a password."""
    body: dict[str, object] = {"member": member_view(value.member, value.team)}
    if value.session is not None:
        body["session"] = _session(*value.session)
    return Reply(201, body, etag(value.member.version), secret=value.session is not None)


def signed_in(_: Request[Any], value: SignedIn) -> Reply:
    """Return 201 with the session's token, shown once."""
    body = {**_session(value.text, value.session), "member": member_view(value.member, value.team)}
    return Reply(201, body, secret=True)


def member(request: Request[Any], value: tuple[Member, Any]) -> Reply:
    """Return 200 with a member and when they were last active."""
    who, last_active = value
    return Reply(200, member_view(who, request.call.team, last_active), etag(who.version))


def changed_member(request: Request[Any], value: Member) -> Reply:
    """Return 200 with a member as they are after the change; the time of last activity is not looked up."""
    return Reply(200, member_view(value, request.call.team), etag(value.version))


def receipt(request: Request[Any], value: Receipt) -> Reply:
    """Return 200 with what was cut, what was left standing, and what to know about it."""
    pending = [{"id": one.id, "email": one.email, "role": one.role.value} for one in value.invitations]
    body = {
        "member": member_view(value.member, request.call.team),
        "cut": {
            "sessions": value.sessions,
            "tokens": value.tokens,
            "products": value.products.told,
        },
        "invitations_pending": pending,
        "warnings": list(value.warnings),
    }
    return Reply(200, body)


def issued_token(_: Request[Any], value: tuple[str, Token]) -> Reply:
    """Return 201 with the token and its secret, shown this once."""
    text, about = value
    return Reply(201, {**token_view(about, TokenState.ACTIVE), "secret": text}, secret=True)


def leaked(_: Request[Any], revoked: int) -> Reply:
    """Return 200 with how many of the reported credentials were revoked."""
    return Reply(200, {"revoked": revoked})


def token(_: Request[Any], value: Listed) -> Reply:
    """Return 200 with what is told of a token."""
    return Reply(200, token_view(value.token, value.state, value.last_used))


def tokens(_: Request[Any], held: Held) -> Reply:
    """Return all tokens of a member, a cap bounds the live ones, and what the team allows."""
    rows = [token_view(one.token, one.state, one.last_used) for one in held.tokens]
    limits = {"max_age_days": held.max_age_days, "max_per_member": held.max_per_member, "live": held.live}
    return Reply(200, {"data": rows, "next_cursor": None, "total": len(rows), "limits": limits})


def sessions(request: Request[Any], listed: list[Session]) -> Reply:
    """Return the live sessions of a member; a cap bounds them."""
    rows = [session_view(session, request.call.actor.credential_id) for session in listed]
    return Reply(200, {"data": rows, "next_cursor": None, "total": len(rows)})


def signed_out(_: Request[Any], __: object) -> Reply:
    """Return 204, and take the cookie back from whoever has one."""
    return Reply(204, headers=cookie("", 0))


def cookie(text: str, seconds: int) -> dict[str, str]:
    """Return the header that gives a browser its session for so long, or takes it back (case 67)."""
    return {"set-cookie": f"{COOKIE}={text}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}"}


def grant(_: Request[Any], value: Recorded) -> Reply:
    """Return 201 for a new grant, 200 for one that was there."""
    return Reply(201 if value.is_new else 200, value.grant.facts)


def grants(_: Request[Any], value: list[Grant]) -> Reply:
    """Return grants."""
    return Reply(200, {"data": [one.facts for one in value], "next_cursor": None, "total": len(value)})


def issued_service_token(_: Request[Any], value: tuple[str, ServiceToken]) -> Reply:
    """Return 201 with the service token and its secret, shown this once."""
    text, about = value
    return Reply(201, {**service_token_view(about), "secret": text}, secret=True)


def service_tokens(_: Request[Any], value: list[ServiceToken]) -> Reply:
    """Return a product's service tokens."""
    rows = [service_token_view(one) for one in value]
    return Reply(200, {"data": rows, "next_cursor": None, "total": len(rows)})


def team(_: Request[Any], value: Team) -> Reply:
    """Return 200 with the team."""
    return Reply(200, team_view(value), etag(value.version))


def settings(request: Request[Any], value: Team) -> Reply:
    """Return 200 with the settings that the path names."""
    group = request.asked.http.path["group"]
    return Reply(200, settings_of(value, group), etag(value.version))


def changed_settings(request: Request[Any], value: Team | Preview) -> Reply:
    """Return 200 with the settings as they are now, or as they would be, with the tokens that would stop and when."""
    if isinstance(value, Team):
        return settings(request, value)
    now = rfc3339(request.call.now)
    stops = [
        {
            "id": one.token.id,
            "name": one.token.name,
            "last4": one.token.last4,
            "expires_at": None if one.token.expires_at is None else rfc3339(one.token.expires_at),
            "stops_at": now,
            "member": {"id": one.member.id, "name": one.member.name, "email": one.member.email},
        }
        for one in value.stopped
    ]
    told = settings_of(value.team, request.asked.http.path["group"])
    body = {**told, "preview": {"tokens": stops, "complete": value.complete}}
    return Reply(200, body, etag(request.call.team.version))


def products(_: Request[Any], value: Team) -> Reply:
    """Return the team's products by key."""
    rows = [{"key": key, "name": name} for key, name in sorted(value.products.items())]
    return Reply(200, {"data": rows, "next_cursor": None, "total": len(rows)}, etag(value.version))


def product_added(request: Request[Any], value: Team) -> Reply:
    """Return 201 with the new product."""
    key = request.body.key
    return Reply(201, {"key": key, "name": value.products[key]}, etag(value.version))


def product(request: Request[Any], value: Team) -> Reply:
    """Return 200 with the product that the path names."""
    key = request.asked.http.path["key"]
    return Reply(200, {"key": key, "name": value.products[key]}, etag(value.version))


def events(request: Request[Any], page: EventPage) -> Reply:
    """Return a page of audit events; there is no total of them."""
    rows, following = page
    filters = queries.filters(request.asked.http, queries.EVENT_FILTERS)
    sealed = None if following is None else cursors.seal(cursor_keys()[0], request.call.team.id, filters, (following,))
    return Reply(200, {"data": rows, "next_cursor": sealed})


def explanation(request: Request[Any], value: Explanation) -> Reply:
    """Return where role and product access come from."""
    who = value.member
    candidates = [one.facts for one in value.candidates]
    role = {"value": who.role.value, "source": who.role_source.value, "event": value.role_event}
    access = {"value": who.products.within(request.call.team).told, "event": value.products_event}
    return Reply(200, {"member": who.id, "role": {**role, "candidates": candidates}, "products": access})


def plain(_: Request[Any], value: object) -> Reply:
    """Return 200 with a value that is JSON already."""
    return Reply(200, value)


def members(request: Request[Any], page: MemberPage) -> Reply:
    """Return a page of members."""
    rows = [row_view(row, request.call.team) for row in page.rows]
    return _listed(request, rows, page.total, page.following, queries.MEMBER_FILTERS)


def invitations(request: Request[Any], page: InvitationPage) -> Reply:
    """Return a page of invitations."""
    rows = [invitation_view(one, request.call.team, request.call.now) for one in page.invitations]
    position = None if page.following is None else (page.following,)
    return _listed(request, rows, page.total, position, queries.INVITATION_FILTERS)


def _listed(
    request: Request[Any], rows: list[Any], total: int, position: tuple[str, ...] | None, names: tuple[str, ...]
) -> Reply:
    filters = queries.filters(request.asked.http, names)
    cursor = None if position is None else cursors.seal(cursor_keys()[0], request.call.team.id, filters, position)
    return Reply(200, {"data": rows, "next_cursor": cursor, "total": total})


def _session(text: str, session: Session) -> dict[str, object]:
    return {"id": session.id, "token": text, "expires_at": rfc3339(session.expires_at)}
