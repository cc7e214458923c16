"""Refusals as RFC 7644, section 3.12 tells them: a status, a `scimType` where the RFC names one, a sentence.

ScimError
├── 400 InvalidFilter  InvalidPath  InvalidSyntax  InvalidValue  InvalidCursor  Mutability  NoTarget  TooMany
├── 403 Forbidden  404 NotFound   409 Uniqueness   412 PreconditionFailed   413 PayloadTooLarge
└── 501 NotImplemented501
"""

from collections.abc import Mapping
from typing import Any, ClassVar

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LONGEST_DETAIL = 400


class ScimError(Exception):
    """The root; `detail` is for people, cut to 400 characters, and can always be encoded."""

    status: ClassVar[int] = 400
    scim_type: ClassVar[str | None] = None
    otherwise: ClassVar[str] = "The request could not be carried out."

    def __init__(self, detail: str | None = None, *, headers: Mapping[str, str] | None = None) -> None:
        """Keep the sentence, and headers that the answer must carry."""
        self.detail = (detail or self.otherwise)[:LONGEST_DETAIL].encode("utf-8", "backslashreplace").decode("utf-8")
        self.headers = dict(headers or {})
        super().__init__(self.detail)

    def body(self) -> dict[str, Any]:
        """Return the error's message; `status` is text (RFC 7644, section 3.12)."""
        kind = {} if self.scim_type is None else {"scimType": self.scim_type}
        return {"schemas": [ERROR], "status": str(self.status), **kind, "detail": self.detail}


class InvalidFilter(ScimError):
    """The filter is none, or asks what cannot be answered."""

    scim_type = "invalidFilter"
    otherwise = "The filter is malformed."


class InvalidPath(ScimError):
    """A path names nothing that a schema knows."""

    scim_type = "invalidPath"
    otherwise = "The path is malformed."


class InvalidSyntax(ScimError):
    """The body has not the shape that the operation needs."""

    scim_type = "invalidSyntax"
    otherwise = "The body is malformed."


class InvalidValue(ScimError):
    """A value is missing, too large, or not of its attribute's type."""

    scim_type = "invalidValue"
    otherwise = "A value is not what its attribute takes."


class InvalidCursor(ScimError):
    """The cursor is none of ours (RFC 9865, section 2.1)."""

    scim_type = "invalidCursor"
    otherwise = "This cursor is not one that was given out for this list."


class Mutability(ScimError):
    """What the change touches may not be changed so."""

    scim_type = "mutability"
    otherwise = "This attribute cannot be changed so."


class NoTarget(ScimError):
    """The path of an operation selects nothing."""

    scim_type = "noTarget"
    otherwise = "The path selects nothing."


class TooMany(ScimError):
    """The filter would have to look at more than the service looks at."""

    scim_type = "tooMany"
    otherwise = "Too many resources would have to be looked at: narrow the filter."


class Forbidden(ScimError):
    """What is asked for is not to be had in this way."""

    status = 403
    otherwise = "That is not allowed here."


class NotFound(ScimError):
    """There is no such resource, or no such endpoint."""

    status = 404
    otherwise = "There is no such resource."


class Uniqueness(ScimError):
    """Another resource has this value already."""

    status = 409
    scim_type = "uniqueness"
    otherwise = "Another resource has this value already."


class PreconditionFailed(ScimError):
    """The resource has another version than `If-Match` asks for."""

    status = 412
    otherwise = "The resource has changed meanwhile."


class PayloadTooLarge(ScimError):
    """The body is larger than what is read."""

    status = 413
    otherwise = "The body is too large."


class NotImplemented501(ScimError):
    """An endpoint of the protocol that this service does not offer."""

    status = 501
    otherwise = "This service does not offer that."
