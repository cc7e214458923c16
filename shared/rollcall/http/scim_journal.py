"""What a SCIM request meant in words, what it changed, and what to do about a refusal: an entry of the request log."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from rollcall.actions.people import Sent
from rollcall.domain import ids
from rollcall.domain.changes import Change
from rollcall.domain.errors import RollcallError
from rollcall.domain.events import Deed
from rollcall.http import scim_answers
from rollcall.http.asked import Request
from rollcall.http.reply import Reply
from rollcall.http.scim_request import GROUPS, WRITING, ScimRequest
from rollcall.scim.groups import (
    AddMembers,
    GroupOp,
    GroupResource,
    RemoveAll,
    RemoveMatching,
    RemoveMembers,
    ReplaceMembers,
    SetAttributes,
)
from rollcall.storage import marks
from rollcall.storage.items import LogItem
from rollcall.storage.scim_log import Entry, entry_item, told_path

CHANGING = (*WRITING, "DELETE")
MOST_TOLD = 20
NOTHING = "nothing: it was so already"
HINTS: Mapping[str, str] = {
    "not_managed": "Prove the domain of the address in the team's settings, or let an owner accept the conflict.",
    "last_owner": "Make somebody else an owner in Rollcall, or assign this person again in the identity provider.",
    "held_by_hand": "An admin deactivated this person here: reactivate them in Rollcall, then synchronise again.",
    "email_not_proven": "Prove the new address's domain, or keep the address of invited people as it is.",
    "member_exists": "Look for the person with this userName, externalId or address; two records are one person.",
    "already_invited": "An invitation of this address is under way: revoke it, or let it be accepted.",
    "group_exists": "Link the existing group in the identity provider, or give this one another name.",
    "not_found": "The identity provider holds an id that is gone: clear its state of this record and start again.",
    "stale_version": "Somebody else changed the record meanwhile: the identity provider should read it again.",
    "unsupported_media_type": "Set the content type to application/scim+json.",
    "too_large": "Send fewer members in one request.",
    "invalidFilter": "Match people by userName, externalId, id or e-mail address with eq.",
    "invalidValue": "Look at the attribute mapping: the detail names what does not fit.",
    "invalidPath": "Look at the attribute mapping: its target is no attribute that SCIM knows.",
    "noTarget": "The value that is to be replaced is not there: map it with Add, or leave it out.",
    "mutability": "This attribute is Rollcall's: take it out of the mapping.",
    "invalidSyntax": "The body is no SCIM message: look at what is between the identity provider and Rollcall.",
    "tooMany": "Match by userName, externalId or e-mail address: other filters do not reach so many people.",
}

Scim = Request[ScimRequest]


class Journal:
    """One request's entry: it joins the change, or stands alone where there was none or it was refused."""

    def __init__(self, request: Scim) -> None:
        """Hand the use case a call whose changes are told."""
        self.home = request.call.team.id
        self._asked = request
        self._told = False
        self.request = replace(request, call=replace(request.call, journal=self._of_change))

    def close(self, reply: Reply) -> None:
        """Tell of a change that changed nothing; reading is not told of."""
        if self._asked.body.method in CHANGING and not self._told:
            marks.logged(self._item(reply.status, (NOTHING,)))

    def refused(self, refusal: RollcallError) -> None:
        """Tell of a refusal, and what to do about it."""
        scim = getattr(refusal, "scim", None)
        hint = HINTS.get(str(getattr(scim, "scim_type", None))) or HINTS.get(refusal.code)
        status = scim_answers.failure(refusal, self._asked.asked.http).status
        marks.logged(self._item(status, (), f"{refusal.detail} {hint or ''}".strip()))

    def _of_change(self, change: Change) -> LogItem:
        self._told = True
        lines = [line for deed in change.deeds for line in told(deed)]
        status = {"POST": 201, "DELETE": 204}.get(self._asked.body.method, 200)
        return self._item(status, lines[:MOST_TOLD])

    def _item(self, status: int, changed: Sequence[str], hint: str | None = None) -> LogItem:
        call, http = self._asked.call, self._asked.asked.http
        entry = Entry(
            id=ids.make("log", call.now, secrets.token_bytes(10)),
            method=http.method,
            path=told_path(http.target, urlencode(http.query)),
            status=status,
            meaning=meaning(self._asked.body),
            changed=tuple(changed),
            hint=hint,
            token_id=call.actor.credential_id,
            request_id=call.request_id,
        )
        return entry_item(self.home, entry)


def meaning(asked: ScimRequest) -> str:
    """Return what a request asks, in words; values of attributes are not repeated."""
    content = asked.content
    what = f"{asked.kind.removesuffix('s').lower()} {asked.name or ''}".strip()
    match content:
        case Sent():
            return f"create the user {str(content.resource.get('userName'))[:100]!r}"
        case GroupResource():
            verb = "create the group" if asked.name is None else f"replace the {what} as"
            return f"{verb} {content.display_name[:100]!r} with {len(content.members)} members"
        case list() if asked.kind == GROUPS:
            return f"change the {what}: {'; '.join(_op(op) for op in content[:MOST_TOLD]) or 'nothing'}"
        case dict() if asked.method == "PATCH":
            return f"change the {what}: {'; '.join(_operations(content)) or 'nothing'}"
        case _:
            return f"{_VERBS.get(asked.method, 'ask for')} {what or 'something that was not understood'}"


_VERBS = {"GET": "read", "PUT": "replace", "DELETE": "delete", "POST": "create", "PATCH": "change"}


def _op(op: GroupOp) -> str:
    match op:
        case SetAttributes():
            return "set its name or externalId"
        case AddMembers(members):
            return f"add {len(members)} members"
        case RemoveMembers(members):
            return f"remove {len(members)} members"
        case RemoveAll():
            return "remove all members"
        case ReplaceMembers(members):
            return f"have exactly {len(members)} members"
        case RemoveMatching():
            return "remove the members that a filter selects"


def _operations(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield operations as people say them, the dialect named where it is not the RFC's."""
    given = next((value for name, value in body.items() if name.lower() == "operations"), None)
    for one in given[:MOST_TOLD] if isinstance(given, list) else ():
        parts = {str(name).lower(): value for name, value in one.items()} if isinstance(one, dict) else {}
        value = parts.get("value")
        keys = ", ".join(str(key)[:60] for key in value) if isinstance(value, dict) else ""
        target = str(parts.get("path") or keys or "something")[:120]
        said = _said_of_active(target, value)
        yield f"{str(parts.get('op')).lower()[:20]} {target}{said}"


def _said_of_active(target: str, value: object) -> str:
    """Return what `active` is to be, the one value that decides over access."""
    if target.lower() != "active":
        return ""
    value = next(iter(value.values()), None) if isinstance(value, dict) else value
    as_text = " (Entra's form, as text)" if isinstance(value, str) else ""
    return f" with {str(value)[:20].lower()}{as_text}"


def told(deed: Deed) -> Iterator[str]:
    """Yield what an event says, a line for each thing that differs."""
    before, after = deed.before or {}, deed.after or {}
    changed = [
        f"{deed.subject.label}: {name} {_short(before.get(name))} → {_short(after.get(name))}"
        for name in sorted(before.keys() | after.keys())
        if deed.before and deed.after and before.get(name) != after.get(name)
    ]
    yield from changed or [f"{deed.action.value} {deed.subject.label}"]


def _short(value: object) -> str:
    return "nothing" if value is None else str(value)[:80]
