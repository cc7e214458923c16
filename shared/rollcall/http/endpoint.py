"""The seam between API Gateway and a use case: one request goes down once and comes up once.

Order of refusals: 401, 403 by role or step-up, 400, 404, 403 by rank, 412, 409; the last four are the use case's.
Routing is API Gateway's: a function with several routes picks by `routeKey`. (Powertools' resolver keeps the current
event in class state, which a warm or threaded process must not; see infra/decisions.)
"""

import os
import random
import secrets as randomness
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from rollcall import clock
from rollcall.actions.call import Call, Caller
from rollcall.auth import authenticate, secrets
from rollcall.auth.secrets import Secret
from rollcall.domain import ids
from rollcall.domain.errors import (
    Contention,
    Forbidden,
    LinkUnknown,
    RollcallError,
    Stale,
    Unauthenticated,
)
from rollcall.domain.permissions import OF_PRODUCTS, Permission
from rollcall.http import errors, idempotency, link_guesses, observe
from rollcall.http.asked import Asked, Request
from rollcall.http.bodies import Form, Nothing, read_body
from rollcall.http.conditional import versions
from rollcall.http.reply import Reply, gateway_response
from rollcall.http.request import HttpRequest, credential, read_event, same_origin
from rollcall.storage.keys import Key
from rollcall.storage.reads import Found, read
from rollcall.storage.table import Item, Meter, metered
from rollcall.storage.waves import both

__all__ = ["Asked", "Endpoint", "Event", "Handler", "Request", "by_route", "endpoint"]

ATTEMPTS = 6
LONGEST_PAUSE_SECONDS = 0.03
Event = dict[str, Any]
Handler = Callable[[Event, object], dict[str, object]]


Beside = Callable[[Asked[Any]], Callable[[], object] | None]
Reads = Callable[[Asked[Any]], Iterable[Key]]
Answer = Callable[[Request[Any], Any], Reply]
Failure = Callable[[RollcallError, HttpRequest], Reply]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a route is, so that the description of the API can be generated from it."""

    action: Callable[[Request[Any]], Any]
    answer: Answer
    permission: Permission | None
    body: type
    reads: Reads
    link: Callable[[HttpRequest, Any], str | None] | None
    form: Form
    failure: Failure
    tolerant: bool
    leaving: bool
    any_body: bool
    gate: Callable[[], None] | None
    accepts: Sequence[str]
    reader: Callable[[HttpRequest], Any] | None
    beside: Beside | None

    def __call__(self, event: Event, context: object = None) -> dict[str, object]:
        """Serve one API Gateway event."""
        del context
        watch = observe.Watch()
        with metered() as meter:
            return self._observed(event, watch, meter)

    def _observed(self, event: Event, watch: observe.Watch, meter: Meter) -> dict[str, object]:
        facts: dict[str, object] = {"route": "-"}
        local = os.environ.get("ROLLCALL_LOCAL") == "1"
        headers: Mapping[str, str] = {}
        try:
            http = read_event(event)
        except RollcallError as error:
            reply, request_id = errors.problem(error, "-"), "-"
        else:
            request_id, headers = http.request_id, http.headers
            facts = {"route": http.route, "request_id": request_id}
            reply = self._answered(http, facts)
            if http.method == "HEAD" and http.route != "$default":
                reply = replace(reply, body="")
        observe.note(facts, reply.status, watch, meter)
        asked = "x-rollcall-cost" in headers
        extra = {"x-request-id": request_id, **observe.cost_headers(meter, watch, timing=local, cost=asked)}
        return gateway_response(reply, extra)

    def _answered(self, http: HttpRequest, facts: dict[str, object]) -> Reply:
        try:
            return self._attempts(http, facts)
        except RollcallError as error:
            facts |= {"code": error.code, "cause": observe.cause_of(error)}
            return self.failure(error, http)
        except Exception as error:  # noqa: BLE001 the last line: nothing of the inside goes out (I33)
            observe.note_failure(error, facts)
            return self.failure(errors.Internal(), http) if self.reader else errors.internal(http.request_id)

    def _attempts(self, http: HttpRequest, facts: dict[str, object]) -> Reply:
        if self.gate is not None:
            self.gate()
        text, by_cookie = self._credential(http)
        token = secrets.parse(text)
        needed = self.permission is not None or self.leaving or (text is not None and not by_cookie)
        if needed and (token is None or token.kind not in self.accepts):
            raise Unauthenticated
        if token is not None and token.kind == "svc" and self.permission not in OF_PRODUCTS:
            raise Forbidden  # nothing is read: the function may not read a product's token either
        asked, flaw = self._asked(http, token)
        for attempt in range(ATTEMPTS):
            try:
                return self._attempt(asked, flaw, facts, by_cookie=by_cookie)
            except Stale:  # many who write the same thing at once come apart by waiting differently
                time.sleep(random.uniform(0, attempt * LONGEST_PAUSE_SECONDS))  # noqa: S311 jitter, no secret
        raise Contention

    def _credential(self, http: HttpRequest) -> tuple[str | None, bool]:
        if self.permission is None and not (self.tolerant or self.leaving):
            return None, False
        return credential(http)

    def _asked(self, http: HttpRequest, token: Secret | None) -> tuple[Asked[Any], RollcallError | None]:
        """Return the request, and what is wrong with it, which is said only after 401 and 403."""
        try:
            body = self._body(http)
            link = secrets.parse(self.link(http, body)) if self.link else None
            named = None if self.reader else idempotency.of(http, token or link)
            return Asked(http, body, token, link, named, versions(http.headers.get("if-match"))), None
        except RollcallError as flaw:
            return Asked(http, None, token), flaw

    def _body(self, http: HttpRequest) -> Any:  # noqa: ANN401 whatever the route takes
        if self.reader is not None:
            return self.reader(http)
        return None if self.any_body else read_body(http, self.body, form=self.form)

    def _attempt(
        self, asked: Asked[Any], flaw: RollcallError | None, facts: dict[str, object], *, by_cookie: bool
    ) -> Reply:
        began = clock.now()
        found = self._read(asked, flaw, began)
        now = clock.now()  # after the reading: a change that was read is then always older than the one made on it
        caller = self._authenticate(asked, found, now, by_cookie=by_cookie)
        facts["actor"] = caller.actor.member_id or caller.actor.credential_id if caller else None
        if flaw is not None:
            raise flaw
        replay = idempotency.replay(asked.named, found, now)
        if replay is not None:
            return replay
        if self.link is not None:
            link_guesses.check(asked.http, asked.link, found, began)
        call = Call(
            now=now,
            found=found,
            new_id=lambda prefix: ids.make(prefix, now, randomness.token_bytes(10)),
            random_bytes=randomness.token_bytes,
            caller=caller,
            address=asked.http.address,
            request_id=asked.http.request_id,
            if_match=asked.if_match,
            kept=asked.named is not None,
            keep=lambda result: self._record(request, result),
            noted=facts,
        )
        request: Request[Any] = Request(asked, call)
        try:
            result = self.action(request)
        except LinkUnknown:
            link_guesses.strike(asked.http, now)
            raise
        return self.answer(request, result)

    def _record(self, request: Request[Any], result: object) -> Item | None:
        """Return what is kept of the answer where the request has an idempotency key."""
        named = request.asked.named
        return idempotency.record(named, self.answer(request, result), request.call.now) if named else None

    def _read(self, asked: Asked[Any], flaw: RollcallError | None, now: datetime) -> Found:
        wanted: list[Key] = []
        if asked.token is not None:
            wanted += authenticate.wanted(asked.token)
        if flaw is None and (asked.link or self.link is None):
            wanted += self.reads(asked)
        if asked.named is not None:
            wanted.append(asked.named.key)
        if asked.link is not None:
            wanted.append(link_guesses.key(asked.http, now))
        more = self.beside(asked) if self.beside is not None and flaw is None else None
        if more is not None:
            found, beside = both(partial(read, wanted), more)
            return replace(found, beside=beside)
        return read(wanted) if wanted else Found({})

    def _authenticate(self, asked: Asked[Any], found: Found, now: datetime, *, by_cookie: bool) -> Caller | None:
        if asked.token is None:
            return None
        try:
            identity = authenticate.judge(asked.token, found, now, self.accepts)
        except Unauthenticated as refused:
            if self.permission is None and (by_cookie or (self.leaving and asked.token.kind == "ses")):
                return None
            raise authenticate.reason(asked.token, refused, now) from None
        if by_cookie and not same_origin(asked.http, os.environ["PUBLIC_BASE_URL"]):
            raise errors.CrossSite
        if self.permission is not None:
            identity.actor.require(self.permission, now)
        authenticate.note_use(identity, asked.token, now)
        return Caller(identity.actor, identity.member, identity.team)


def _no_keys(_: Asked[Any]) -> Iterable[Key]:
    return ()


def endpoint(  # noqa: PLR0913 a route is described in one place, by name
    *,
    answer: Answer,
    permission: Permission | None = None,
    body: type = Nothing,
    reads: Reads = _no_keys,
    link: Callable[[HttpRequest, Any], str | None] | None = None,
    form: Form = False,
    failure: Failure = errors.answer,
    tolerant: bool = False,
    leaving: bool = False,
    any_body: bool = False,
    gate: Callable[[], None] | None = None,
    accepts: Sequence[str] = authenticate.ACCEPTED,
    reader: Callable[[HttpRequest], Any] | None = None,
    beside: Beside | None = None,
) -> Callable[[Callable[[Request[Any]], Any]], Endpoint]:
    """Make a use case a route.

    `permission` needs a credential; without one the route is public, or `tolerant` of a caller who is signed in.
    `reads` names the items to be read with the authentication, in the same round trip. `link` says where the token
    of a mailed link stands. `form` takes the body as a form, or as "either". `leaving` takes a session that is over
    already. `any_body` leaves the body unread. `gate` refuses by raising, before anything is looked at, what the
    deployment does not offer. `accepts` are the kinds of credentials that are taken at all, any other is a 401.
    `reader` reads the whole request in the place of all this, where a protocol has rules of its own, and then takes no
    idempotency key. `beside` may name one more call to the table, made at the same time as the reading. `answer`
    renders the result, also for the idempotency record, so it must be pure.
    """

    def decorate(action: Callable[[Request[Any]], Any]) -> Endpoint:
        told = (answer, permission, body, reads, link, form, failure, tolerant, leaving, any_body, gate, accepts)
        return Endpoint(action, *told, reader, beside)

    return decorate


@endpoint(answer=lambda _, __: Reply(404), any_body=True)
def _unrouted(_: Request[Any]) -> None:
    """Refuse what the gateway should not have sent here (case 179: fails closed)."""
    raise errors.RouteNotFound


def by_route(endpoints: Mapping[str, Endpoint]) -> Handler:
    """Make several routes one function; API Gateway has already matched the path."""

    def handler(event: Event, context: object = None) -> dict[str, object]:
        route = str(event.get("routeKey", "")) if isinstance(event, dict) else ""
        return endpoints.get(route, _unrouted)(event, context)

    handler.endpoints = endpoints  # type: ignore[attr-defined]  # the API description reads them
    return handler
