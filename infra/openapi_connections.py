"""The routes of provisioning as people see it, and what they answer; see openapi_route for what a Route is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.openapi_route import CURSOR, LIMIT, RECORDED, WRITES, Route
from infra.openapi_schemas import MAPPING, Schema, choice, id_of, token_of, whole
from infra.openapi_words import EMAIL, EMAIL_OR_NULL, MOMENT, MOMENT_OR_NULL, TEXT_OR_NULL, WORD, listed, record, ref
from rollcall.actions.staging import KINDS
from rollcall.domain import errors
from rollcall.domain.connections import ConnectionState
from rollcall.domain.domains import DomainState
from rollcall.domain.members import Status
from rollcall.http.domain_routes import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

CODE: Final = "[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}"
_ALL: Final = "How many there are."
_URL: Final[Schema] = {"type": "string", "format": "uri", "description": "What an identity provider is told to call."}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_STATE: Final[Schema] = {"type": ["string", "null"], "enum": [*ConnectionState, None]}
_FAILED: Final[Schema] = {"type": "string", "enum": ["true", "false"], "description": "Only refused requests."}
_TOKEN: Final[Schema] = {
    "id": id_of("scm"),
    "name": WORD,
    "last4": WORD,
    "created_at": MOMENT,
    "expires_at": MOMENT,
    "last_used_at": {**MOMENT_OR_NULL, "description": "To the hour."},
}

CONNECTION_ROUTES: Final[Mapping[str, Route]] = {
    "GET /v1/team/scim-tokens": Route("listScimTokens", 200, "ScimTokenList"),
    "POST /v1/team/scim-tokens": Route(
        "issueScimToken", 201, "IssuedScimToken", (*RECORDED, errors.TokenLimit, errors.Conflict, errors.AlreadyIssued)
    ),
    "DELETE /v1/team/scim-tokens/{id}": Route("revokeScimToken", 204, None, WRITES),
    "GET /v1/team/scim-role-mapping": Route("getScimRoleMapping", 200, "ScimRoleMapping"),
    "PUT /v1/team/scim-role-mapping": Route("setScimRoleMapping", 200, "ScimRoleMapping", WRITES),
    "POST /v1/team/break-glass-codes": Route(
        "makeBreakGlassCodes", 201, "BreakGlassCodes", (*RECORDED, errors.AlreadyIssued)
    ),
    "GET /v1/team/domains": Route("listDomains", 200, "DomainList"),
    "POST /v1/team/domains": Route("claimDomain", 201, "Domain", (*RECORDED, errors.DomainTaken)),
    "POST /v1/team/domains/{domain}/verify": Route(
        "verifyDomain", 200, "Domain", (*RECORDED, errors.DomainTaken, errors.DomainUnproven, errors.NotFound)
    ),
    "DELETE /v1/team/domains/{domain}": Route("releaseDomain", 204, None, (*WRITES, errors.NotFound)),
    "GET /v1/team/scim-log": Route(
        "listScimRequests", 200, "ScimLogPage", query={"failed": _FAILED, "limit": LIMIT, "cursor": CURSOR}
    ),
    "GET /v1/team/scim-conflicts": Route(
        "listScimConflicts", 200, "ScimConflictPage", query={"limit": LIMIT, "cursor": CURSOR}
    ),
    "GET /v1/team/scim-plan": Route("getScimPlan", 200, "ScimPlan"),
    "POST /v1/team/scim-plan/activate": Route("activateScimPlan", 200, "ScimActivation", (*RECORDED, errors.Conflict)),
    "POST /v1/team/scim-plan/drop": Route("dropScimPlan", 204, None, (*RECORDED, errors.Conflict)),
    "POST /v1/team/scim-conflicts/{id}/accept": Route(
        "acceptScimConflict", 200, "Member", (*RECORDED, errors.HeldByHand, errors.MemberExists), headers=("ETag",)
    ),
}
CONNECTION_PATH: Final[Mapping[str, Schema]] = {
    "/v1/team/scim-tokens/{id}": id_of("scm"),
    "/v1/team/scim-conflicts/{id}": {**id_of("mem"), "description": "The member whom the conflict is about."},
    "/v1/team/domains/{domain}": {"type": "string", "pattern": whole(NAME)},
}


def connection_shapes() -> dict[str, Schema]:
    """Return the named schemas."""
    secret = {"type": "string", "pattern": f"^{token_of('scm')}$", "description": "Shown this once."}
    return {
        "ScimToken": record("A SCIM token; its secret is never shown again.", **_TOKEN),
        "IssuedScimToken": record("A new SCIM token with its secret.", **_TOKEN, secret=secret, scim_url=_URL),
        "ScimTokenList": _listed(),
        "Domain": record(
            "A domain that the team claims, and the DNS record that proves it.",
            domain=WORD,
            state=choice(DomainState),
            record=record("The record.", type={"const": "TXT"}, name=WORD, value=WORD),
            created_at=MOMENT,
            verified_at=MOMENT_OR_NULL,
        ),
        "DomainList": listed("Domain", _ALL),
        "ScimRequest": _logged(),
        "ScimLogPage": _paged("ScimRequest", "A page of requests, newest first."),
        "ScimConflict": _conflict(),
        "ScimConflictPage": _paged("ScimConflict", "A page of conflicts."),
        "ScimPlan": _plan(),
        "ScimActivation": record(
            "What letting a staged connection through did.",
            state=_STATE,
            applied=_COUNT,
            remaining={**_COUNT, "description": "How much is left for the next call."},
            refused={"type": "array", "items": record("What could not be done.", about=WORD, reason=WORD)},
        ),
        "BreakGlassCodes": record(
            "An owner's break-glass codes, shown this once; each opens one session.",
            codes={"type": "array", "items": {"type": "string", "pattern": f"^{CODE}$"}},
            made_at=MOMENT,
        ),
        "ScimRoleMapping": record("Which groups give which role.", mappings={"type": "array", "items": MAPPING}),
    }


def _paged(name: str, description: str) -> Schema:
    return record(description, data={"type": "array", "items": ref(name)}, next_cursor=TEXT_OR_NULL)


def _logged() -> Schema:
    return record(
        "A request of the identity provider, and what it came to; bodies are not kept.",
        id=id_of("log"),
        at=MOMENT,
        method=WORD,
        path=WORD,
        status={"type": "integer"},
        meaning={**WORD, "description": "What it came to, in words."},
        changed={"type": "array", "items": WORD, "description": "What is different since."},
        hint={**TEXT_OR_NULL, "description": "How to mend what was refused."},
        token_id=TEXT_OR_NULL,
        request_id=TEXT_OR_NULL,
    )


def _plan() -> Schema:
    member = record("Who.", id=id_of("mem"), email=EMAIL_OR_NULL, name=WORD, user_name=WORD)
    group = record("Which group.", id=id_of("grp"), display_name=WORD, members=_COUNT)
    planned = record(
        "One thing that would change.",
        change={"type": "string", "enum": list(KINDS)},
        member={**member, "type": ["object", "null"]},
        group={**group, "type": ["object", "null"]},
        before=TEXT_OR_NULL,
        after=TEXT_OR_NULL,
    )
    return record(
        "What a staged connection would change; the first thousand one by one.",
        state=_STATE,
        counts=record("How many of each kind.", **dict.fromkeys(KINDS, _COUNT)),
        data={"type": "array", "items": planned},
        total=_COUNT,
    )


def _conflict() -> Schema:
    return record(
        "A member whom the identity provider asked for and may not have without an owner's word.",
        id=id_of("mem"),
        member=record("Who it is.", id=id_of("mem"), email=EMAIL, name=WORD, status=choice(Status)),
        user_name=WORD,
        external_id=TEXT_OR_NULL,
        resource={"type": "object", "description": "What the provider sent last.", "additionalProperties": True},
        first_at=MOMENT,
        last_at=MOMENT,
        times={"type": "integer", "minimum": 1},
    )


def _listed() -> Schema:
    """Return the list of a team's SCIM tokens, beside which stands the state of their connection."""
    schema = listed("ScimToken", _ALL)
    more = {"connection": choice(ConnectionState), "scim_url": _URL}
    return {**schema, "properties": {**schema["properties"], **more}, "required": [*schema["required"], *more]}
