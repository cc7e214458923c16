"""What each result becomes as an answer; pure, because an idempotency record keeps it before it is sent."""

import os
from typing import Any

from rollcall.actions.accept import Joined, Seen
from rollcall.actions.invite import warnings
from rollcall.actions.sign_in import SignedIn
from rollcall.auth import keyring, links
from rollcall.domain.invitations import Invitation
from rollcall.domain.members import Member, Session
from rollcall.domain.times import rfc3339
from rollcall.http import cursors, queries
from rollcall.http.endpoint import Request
from rollcall.http.reply import Reply, etag
from rollcall.http.views import invitation_view, member_view, row_view
from rollcall.storage.invitations import InvitationPage
from rollcall.storage.members import MemberPage


def link_keys() -> list[bytes]:
    """Return the keys of mailed links."""
    return keyring.link_keys()


def cursor_keys() -> list[bytes]:
    """Return the keys of page cursors."""
    return list(links.subkeys(keyring.link_keys(), "cursors"))


def invitation_created(request: Request[Any], invitation: Invitation) -> Reply:
    """Return 201 with the invitation and what the inviter should know."""
    body = {
        **invitation_view(invitation, request.call.team, request.call.now),
        "warnings": warnings(invitation, request.call.team),
    }
    location = {"location": f"{os.environ['PUBLIC_BASE_URL']}/v1/invitations/{invitation.id}"}
    return Reply(201, body, {**etag(invitation.version), **location})


def invitation(request: Request[Any], value: Invitation) -> Reply:
    """Return 200 with an invitation."""
    return Reply(200, invitation_view(value, request.call.team, request.call.now), etag(value.version))


def copied_link(_: Request[Any], value: tuple[str, Invitation]) -> Reply:
    """Return 200 with the link, which no record keeps."""
    token, about = value
    url = f"{os.environ['PUBLIC_BASE_URL']}/i/{token}"
    return Reply(200, {"url": url, "expires_at": rfc3339(about.expires_at)}, etag(about.version), secret=True)


def nothing(_: Request[Any], __: object) -> Reply:
    """Return 204."""
    return Reply(204)


def seen_link(_: Request[Any], seen: Seen) -> Reply:
    """Return 200 with what a live link stands for."""
    about, team = seen.invitation, seen.team
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
