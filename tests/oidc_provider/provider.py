"""Canaille, an OpenID provider that others wrote, on a loopback port, and a browser that signs in on its pages.

Nothing of it is imported before it is started: only the tests that need it pay for it.
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlencode, urljoin, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "a password for the provider alone"
CLIENT_ID = "rollcall"
CLIENT_SECRET = "a secret: with + and % in it"
SCOPES = ["openid", "profile", "email", "groups"]
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Provider:
    """The running provider. Every method changes what it stores, none how it works."""

    issuer: str
    app: Any
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    verified: dict[str, bool] = field(default_factory=dict)

    def register(self, redirect_uri: str) -> None:
        """Let the client lead back to that address, and to no other."""
        from canaille.app import models  # noqa: PLC0415
        from canaille.backends import Backend  # noqa: PLC0415

        with self.app.app_context():
            known = Backend.instance.get(models.Client, client_id=self.client_id)
            client = known or models.Client(
                client_id=self.client_id,
                client_secret=self.client_secret,
                client_name="Rollcall",
                grant_types=["authorization_code"],
                response_types=["code"],
                scope=SCOPES,
                token_endpoint_auth_method="client_secret_basic",
                id_token_signed_response_alg="RS256",
            )
            client.redirect_uris = [redirect_uri]
            Backend.instance.save(client)
            client.audience = [client]
            Backend.instance.save(client)

    def person(self, user: str, email: str, *groups: str, verified: bool | None = None) -> None:
        """Add a user, whose name is their subject; `verified` is the claim email_verified, None leaves it out."""
        from canaille.app import models  # noqa: PLC0415
        from canaille.backends import Backend  # noqa: PLC0415

        if verified is not None:
            self.verified[user] = verified
        with self.app.app_context():
            one = models.User(user_name=user, family_name=user, formatted_name=user.title(), emails=[email])
            one.password = PASSWORD
            Backend.instance.save(one)
            for name in groups:
                group = Backend.instance.get(models.Group, display_name=name) or models.Group(display_name=name)
                group.members = [*group.members, one]
                Backend.instance.save(group)

    def sign_in(self, authorize_url: str, user: str, answer: str = "accept") -> str:
        """Sign in and answer the question for consent; return the address that the browser is led to."""
        browser = _Browser(self.issuer)
        browser.open(authorize_url)
        for name, value in (("login", user), ("password", PASSWORD), ("answer", answer)):
            if f'name="{name}"' in browser.body:
                browser.submit(name, value)
        assert not browser.here, browser.body
        return browser.url


class _Browser:
    """What a browser does on the provider's pages: cookies, redirects, the token of a form."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._jar: dict[str, str] = {}
        self.url = ""
        self.body = ""

    @property
    def here(self) -> bool:
        """Whether it is still at the provider."""
        return self.url.startswith(f"{self._issuer}/")

    def open(self, url: str, form: dict[str, str] | None = None) -> None:
        """Open a page, and where it leads to as long as that is the provider's."""
        self.url, self.body = url, ""
        while self.here:
            location = self._ask(form)
            if location is None:
                return
            self.url, self.body, form = urljoin(self.url, location), "", None

    def submit(self, name: str, value: str) -> None:
        """Send the page's form, which goes to the page's own address."""
        token = _CSRF.search(self.body)
        assert token, self.body
        self.open(self.url, {"csrf_token": token[1], name: value})

    def _ask(self, form: dict[str, str] | None) -> str | None:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.netloc, timeout=10)
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self._jar.items())}
        body = None if form is None else urlencode(form)
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if form is None else "POST", f"{place.path}?{place.query}", body, headers)
        answer = connection.getresponse()
        self.body = answer.read().decode()
        connection.close()
        for cookie in answer.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._jar[name] = value
        return answer.getheader("location")


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 http.server's name
        pass


@contextmanager
def serving() -> Iterator[Provider]:
    """Run the provider; its issuer is its origin, for SSO_LOCAL_ISSUERS."""
    insecure = patch.dict(os.environ, {"AUTHLIB_INSECURE_TRANSPORT": "1"})
    with insecure, WSGIServer(("127.0.0.1", 0), _Quiet) as server:
        provider = _made(server.server_port)
        server.set_app(provider.app)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            with _mended(), _telling_verification(provider):
                yield provider
        finally:
            server.shutdown()
            thread.join()


def _made(port: int) -> Provider:
    from canaille import create_app  # noqa: PLC0415
    from joserfc.jwk import JWKRegistry  # noqa: PLC0415

    key = JWKRegistry.generate_key("RSA", 2048)
    key.ensure_kid()
    configuration = {
        "TESTING": True,
        "ENV_FILE": None,
        "SECRET_KEY": secrets.token_hex(),
        "PREFERRED_URL_SCHEME": "http",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "CANAILLE": {
            "DATABASE": "memory",
            "JAVASCRIPT": False,
            "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
            "LOGGING": {"version": 1, "disable_existing_loggers": False},
        },
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)], "TRUSTED_DOMAINS": []},
    }
    return Provider(f"http://127.0.0.1:{port}", create_app(config=configuration, env_file=None))


@contextmanager
def _mended() -> Iterator[None]:
    """Let a query of several conditions find what meets all of them: in memory, Canaille finds what meets any.

    Without this a code stands for any other of the same client, and its verifier is another's.
    """
    from canaille.backends.memory.backend import MemoryBackend  # noqa: PLC0415

    plain = MemoryBackend.do_query

    def all_of(backend: Any, model: Any, *args: Any, **conditions: Any) -> Any:
        found = plain(backend, model, *args, **conditions)
        for name, value in conditions.items():
            fitting = {one.id for one in plain(backend, model, **{name: value})}
            found = [one for one in found if one.id in fitting]
        return found

    with patch.object(MemoryBackend, "do_query", all_of):
        yield


@contextmanager
def _telling_verification(provider: Provider) -> Iterator[None]:
    """Let it tell email_verified: Canaille has the claim, but nothing to fill it with."""
    from canaille.oidc import provider as protocol  # noqa: PLC0415

    plain = protocol.generate_user_claims

    def told(user: Any) -> dict[str, Any]:
        verified = provider.verified.get(user.user_name)
        return {**plain(user), **({} if verified is None else {"email_verified": verified})}

    with patch.object(protocol, "generate_user_claims", told):
        yield
