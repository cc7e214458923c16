"""Every error's status and title in one table; as problem+json (RFC 9457)."""

from rollcall.domain import errors
from rollcall.domain.errors import Invalid, RollcallError, StepUpRequired, TooManyRequests, Unavailable
from rollcall.http.reply import PROBLEM, Reply
from rollcall.http.request import HttpRequest


class RouteNotFound(errors.NotFound):
    """No route has this path."""

    code = "route_not_found"
    detail = "There is no such route."


class MethodNotAllowed(RollcallError):
    """The path is known, the method is not; `allow` lists those that are."""

    code = "method_not_allowed"
    detail = "This path does not take this method."

    def __init__(self, allow: str) -> None:
        """Keep the methods for the Allow header."""
        super().__init__()
        self.allow = allow


class TooLarge(RollcallError):
    """The body is larger than any request needs."""

    code = "too_large"
    detail = "The body is too large."


class UnsupportedMediaType(RollcallError):
    """The body's media type is not the one this route takes."""

    code = "unsupported_media_type"
    detail = "Send the body as the documented media type."


class CrossSite(errors.Forbidden):
    """A cookie came with a request from another site."""

    code = "cross_site"
    detail = "A cookie is only taken from our own pages."


class Internal(RollcallError):
    """What should not have happened."""

    code = "internal"
    detail = "Something went wrong here; quote the request id when you report it."


TABLE: dict[type[RollcallError], tuple[int, str]] = {
    errors.Unauthenticated: (401, "Not signed in"),
    errors.Forbidden: (403, "Not allowed"),
    Invalid: (400, "Invalid request"),
    errors.NotFound: (404, "Not found"),
    MethodNotAllowed: (405, "Method not allowed"),
    errors.Conflict: (409, "Conflict"),
    errors.Gone: (410, "Dead link"),
    errors.StaleVersion: (412, "Changed meanwhile"),
    TooLarge: (413, "Too large"),
    UnsupportedMediaType: (415, "Unsupported media type"),
    errors.KeyReused: (422, "Idempotency key reused"),
    TooManyRequests: (429, "Too many requests"),
    Internal: (500, "Internal error"),
    Unavailable: (503, "Unavailable"),
    errors.Stale: (409, "Conflict"),
}
_INTERNAL = (500, "Internal error")


def status_of(error: RollcallError) -> tuple[int, str]:
    """Return status and title: those of the nearest class above that the table names."""
    return next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), _INTERNAL)


def problem(error: RollcallError, request_id: str) -> Reply:
    """Return the answer to an error."""
    status, title = status_of(error)
    body: dict[str, object] = {
        "type": f"urn:rollcall:problem:{error.code}",
        "title": title,
        "status": status,
        "detail": error.detail,
        "instance": f"urn:rollcall:request:{request_id}",
        "code": error.code,
        **error.extra,
    }
    if isinstance(error, Invalid):
        body["errors"] = [{"pointer": flaw.pointer, "detail": flaw.detail} for flaw in error.flaws]
    return Reply(status, body, headers_of(error), PROBLEM)


def answer(error: RollcallError, http: HttpRequest) -> Reply:
    """Return the answer to an error of a request."""
    return problem(error, http.request_id)


def internal(request_id: str) -> Reply:
    """Return the answer to what should not have happened: nothing of the inside, only the request's id."""
    return problem(Internal(), request_id)


def headers_of(error: RollcallError) -> dict[str, str]:
    """Return the headers that belong to an error: how to sign in, when to try again, which methods there are."""
    if isinstance(error, errors.Unauthenticated):
        return {"www-authenticate": 'Bearer realm="rollcall", error="invalid_token"'}
    if isinstance(error, StepUpRequired):
        return {"www-authenticate": 'Bearer realm="rollcall", error="insufficient_user_authentication", max_age="600"'}
    if isinstance(error, TooManyRequests | Unavailable):
        return {"retry-after": str(error.retry_after)}
    return {"allow": error.allow} if isinstance(error, MethodNotAllowed) else {}
