"""API Gateway's HTTP API in this process: the server's way to the handlers, and the tests' HTTP client."""

from __future__ import annotations

import sys
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from infra.local.clock import stopwatch
from infra.local.events import HttpRequest, gateway_event
from infra.local.functions import Functions, HandlerFailed
from infra.local.replies import LARGEST_BODY, MalformedReply, Response, from_handler, plain, problem
from infra.local.routing import Router
from infra.local.template import DEFAULT_ROUTE, Template, read_template

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.local.functions import Report
    from infra.local.routing import Match
    from infra.local.template import Function

LARGEST_HEAD: Final = 10_240
"""Bytes of request line and headers that an HTTP API takes."""


def print_report(text: str) -> None:
    """Print a failure where a test run shows it."""
    print(text, file=sys.stderr)


class Gateway:
    """Routes of a template and the functions behind them. Calls may come from any number of threads."""

    def __init__(self, template: Template, functions: Functions, report: Report = print_report) -> None:
        """Serve a template that has been read."""
        self.functions = functions
        self._report = report
        self.use(template)

    @classmethod
    def at(cls, root: Path, report: Report = print_report) -> Gateway:
        """Serve `root/template.yaml`. Raises TemplateError."""
        return cls(read_template(root / "template.yaml"), Functions(root, report), report)

    def use(self, template: Template) -> None:
        """Switch to another reading of the template; requests under way end on the old one."""
        self.template = template
        self._serving = (template.functions, Router(template.routes))

    def call(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        source_ip: str = "127.0.0.1",
    ) -> Response:
        """Answer one request as the deployed API would. Never raises for what a client sent or a handler did."""
        elapsed = stopwatch()
        request = HttpRequest(method, target, headers, body, source_ip)
        response = refusal(request) or self._answer(request)
        tagged = [*response.headers, ("apigw-requestid", request.id)]
        return replace(response, headers=tagged, ms=elapsed())

    def _answer(self, request: HttpRequest) -> Response:
        functions, router = self._serving
        match = router.match(request.method, request.path)
        if match is None:
            return replace(plain(HTTPStatus.NOT_FOUND, "Not Found"), route=DEFAULT_ROUTE)
        function = functions[match.route.function]
        response = self._invoke(function, request, match)
        return replace(response, function=function.name, route=match.route.key)

    def _invoke(self, function: Function, request: HttpRequest, match: Match) -> Response:
        try:
            return from_handler(self.functions.invoke(function, gateway_event(request, match), request.id))
        except HandlerFailed:
            pass
        except MalformedReply as error:
            self._report(f"{function.name} returned what API Gateway cannot send: {error}")
        return plain(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")


def refusal(request: HttpRequest) -> Response | None:
    """Return the answer to a request that is over API Gateway's limits."""
    head = len(request.method) + len(request.target) + len("  HTTP/1.1")
    head += sum(len(name) + len(value) + len(": ") for name, value in request.headers)
    if head > LARGEST_HEAD:
        detail = f"Request line and headers are {head} bytes; at most {LARGEST_HEAD} are accepted."
        return problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", detail, request.id)
    if len(request.body) > LARGEST_BODY:
        return too_large(request.id)
    return None


def too_large(request_id: str) -> Response:
    """Return the 413 of a body that Lambda would not take."""
    detail = f"The body is over {LARGEST_BODY} bytes."
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail, request_id)
