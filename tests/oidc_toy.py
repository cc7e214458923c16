"""An identity provider for the tests: on loopback, in a thread; it rotates keys, and its answers can be bent."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rollcall.auth.oidc import Client

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENT_ID = "rollcall-at-the-toy"
SECRET = "an invented / secret + with signs"
REDIRECT = "https://rollcall.example/sso/callback"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    assert name
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def jwk(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kid: str | None, **more: Any) -> dict[str, Any]:
    """The public half, as a provider publishes it."""
    if isinstance(key, rsa.RSAPrivateKey):
        made = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        made.pop("key_ops", None)
    else:
        made = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**made, **({"kid": kid} if kid is not None else {}), "use": "sig", **more}


def segment(value: bytes | Mapping[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(
    header: bytes | Mapping[str, Any], claims: bytes | Mapping[str, Any], key: Any = None, alg: str | None = None
) -> str:
    """Sign anything at all, also what no library would."""
    text = f"{segment(header)}.{segment(claims)}"
    name = alg or (str(header["alg"]) if not isinstance(header, bytes) else "RS256")
    algorithm = jwt.algorithms.get_default_algorithms()[name]
    return f"{text}.{segment(algorithm.sign(text.encode(), rsa_key('a') if key is None else key))}"


@dataclass
class Toy:
    """What the provider holds and was asked; `answers` bends what it says at a path: status, headers, body."""

    port: int = 0
    kid: str = "a"
    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk(rsa_key("a"), "a")])
    document: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    forms: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **changed: Any) -> Client:
        """A client that nothing is remembered of."""
        return Client(
            **{
                "key": secrets.token_hex(8),
                "issuer": self.issuer,
                "client_id": CLIENT_ID,
                "client_secret": SECRET,
                **changed,
            }
        )

    def id_token(self, nonce: str, **changed: Any) -> str:
        moment = int(NOW.timestamp())
        told = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "42", "exp": moment + 3600, "iat": moment, "nonce": nonce}
        claims = {name: value for name, value in {**told, **self.claims, **changed}.items() if value is not None}
        return token({"alg": "RS256", "kid": self.kid, "typ": "JWT"}, claims, rsa_key(self.kid))

    def rotate(self, kid: str, *, overlap: bool) -> None:
        self.keys = [*(self.keys if overlap else []), jwk(rsa_key(kid), kid)]
        self.kid = kid

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.asked[path] += 1
        if path in self.answers:
            return self.answers[path]
        found: dict[str, Any] | None = {
            "/.well-known/openid-configuration": self.discovery(),
            "/jwks": {"keys": self.keys},
            "/token": {"id_token": self.id_token(form.get("code", "")), "access_token": "x", "token_type": "Bearer"},
        }.get(path)
        return 200 if found else 404, {"Content-Type": "application/json"}, json.dumps(found).encode()

    def discovery(self) -> dict[str, Any]:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return {name: value for name, value in {**told, **self.document}.items() if value is not None}


class Provider:
    """The toy behind a port, for as long as the block lasts; the code it is given becomes the token's nonce."""

    def __enter__(self) -> Toy:
        toy = Toy()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.say(toy.answer(urlsplit(self.path).path, {}))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: value for name, [value] in parse_qs(body, strict_parsing=True).items()}
                toy.forms.append((form, dict(self.headers)))
                self.say(toy.answer(urlsplit(self.path).path, form))

            def say(self, answer: tuple[int, dict[str, str], bytes]) -> None:
                status, headers, body = answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name that http.server gives it
                """Stay silent."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

        self.server = Server(("127.0.0.1", 0), Handler)
        toy.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return toy

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
