"""Timing scim2-server: run as a script in the peers' environment, it prints JSON and imports nothing of ours.

In memory and without a socket: the process time of its WSGI application, the same requests that ours answers.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

Application: TypeAlias = Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
REPEATS: Final = 9
PAGE: Final = 100


def main(sizes: list[int]) -> None:
    """Grow its storage from size to size and print the median milliseconds of each request at each size."""
    provider = import_module("scim2_server.utils").load_default_provider()
    storage = import_module("scim2_server.memory").InMemoryStorage()
    application = import_module("scim2_server.applications.wsgi").WSGIApplication(storage, provider)
    there = 0
    for size in sizes:
        for number in range(there, size):
            asked(application, "POST", "/v2/Users", person(number))
        there = size
        listed = {"startIndex": size // 2, "count": PAGE}
        found = {"filter": f'userName eq "person{size // 2}@bench.example.com"'}
        took = [timed(application, f"/v2/Users?{urlencode(query)}") for query in (listed, found)]
        print(json.dumps([size, *took]), flush=True)


def timed(application: Application, target: str) -> float:
    """Return the median process time of a GET in milliseconds."""
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        asked(application, "GET", target)
        times.append(time.process_time() - began)
    return statistics.median(times) * 1000


def asked(application: Application, method: str, target: str, body: dict[str, Any] | None = None) -> bytes:
    """Call the application as a server would. Raises ValueError for an answer that is no success."""
    raw = b"" if body is None else json.dumps(body).encode()
    path, _, query = target.partition("?")
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/scim+json",
        "CONTENT_LENGTH": str(len(raw)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(raw),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    answer = b"".join(application(environ, lambda status, *_: told.append(status)))
    if not told[0].startswith("2"):
        raise ValueError(f"{method} {target}: {told[0]} {answer[:200]!r}")
    return answer


def person(number: int) -> dict[str, Any]:
    """Return a user of the kind that ours are measured with."""
    name = f"person{number}@bench.example.com"
    return {
        "schemas": [USER],
        "userName": name,
        "externalId": f"ext-{number}",
        "displayName": f"Person {number}",
        "name": {"givenName": "Person", "familyName": str(number)},
        "emails": [{"value": name, "type": "work", "primary": True}],
        "title": "Engineer",
        "active": True,
    }


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
