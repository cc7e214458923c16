"""A toy OpenID provider for `make dev` and the tests. It knows nobody's password, but checks what a client sends.

Discovery, authorization code flow with PKCE (S256 alone), token and keys; who may sign in is idp_people's.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.api_jws import PyJWS

from infra.local import clock, pages
from infra.local.replies import Response
from infra.local.toys import idp_pages
from infra.local.toys.idp_people import claims_of, person_of
from infra.local.toys.idp_requests import (
    CLIENT_ID,
    CLIENT_SECRET,
    CLIENTS,
    PUBLIC_CLIENT_ID,
    Refused,
    client_of,
    fault,
    parameters,
    proves,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from infra.local.edges import Json
    from infra.local.events import HttpRequest

CODE_SECONDS: Final = 60
TOKEN_SECONDS: Final = 600
_KEY_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class _Key:
    private: rsa.RSAPrivateKey
    public: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a code stands for; `issued` in Unix seconds of the moved clock."""

    asked: Mapping[str, str]
    claims: Mapping[str, Json]
    issued: float


class ToyIdp:
    """One provider below an issuer. `down` and `hidden` may be switched from any thread."""

    def __init__(self, issuer: str, redirect_uris: Collection[str]) -> None:
        """Send people back to these addresses alone. The key is made when it is first needed."""
        self.issuer = issuer
        self.down = False
        self.hidden = False
        self._base = urlsplit(issuer).path
        self._redirect_uris = frozenset(redirect_uris)
        self._codes: dict[str, _Grant] = {}
        self._keys: list[_Key] = []
        self._lock = threading.Lock()

    def answer(self, request: HttpRequest) -> Response:
        """Answer one request below the issuer; the answer's `route` is safe to print."""
        path = request.path.removeprefix(self._base)
        views = {
            ("GET", ""): self._home,
            ("GET", "/.well-known/openid-configuration"): self._discovery,
            ("GET", "/authorize"): self._authorize,
            ("POST", "/token"): self._token,
            ("GET", "/keys"): self._published,
            ("POST", "/switches"): self._switch,
        }
        view = views.get(("GET" if request.method == "HEAD" else request.method, path.rstrip("/")))
        if view is None:
            return self._html(HTTPStatus.NOT_FOUND, "…", idp_pages.refusal_page("There is nothing here."))
        if self.down and view not in (self._home, self._switch):
            return self._html(HTTPStatus.SERVICE_UNAVAILABLE, path, idp_pages.refusal_page("Switched off."))
        return view(request)

    def rotate(self, *, keep: bool = True) -> None:
        """Sign with a new key from now on; the older ones stay published, or not."""
        older, key = self._signing(), _new_key()
        with self._lock:
            self._keys = [key, *(older if keep else ())]

    def _signing(self) -> list[_Key]:
        """Return the keys, the one that signs first."""
        with self._lock:
            if not self._keys:
                self._keys = [_new_key()]
            return list(self._keys)

    def _home(self, _request: HttpRequest) -> Response:
        facts = {
            "Issuer": self.issuer,
            "Client id": CLIENT_ID,
            "Client secret": CLIENT_SECRET,
            "Client id without a secret": PUBLIC_CLIENT_ID,
            "Redirect URI": ", ".join(sorted(self._redirect_uris)),
        }
        states = ["It is down." if self.down else "It is up.", "Its keys are hidden." if self.hidden else ""]
        return self._html(HTTPStatus.OK, "", idp_pages.home_page(f"{self.issuer}/switches", facts, states))

    def _discovery(self, _request: HttpRequest) -> Response:
        """Return the metadata of OpenID Connect Discovery 1.0, section 3."""
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "groups"],
            "claims_supported": ["sub", "name", "email", "email_verified", "groups"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return self._json(HTTPStatus.OK, "/.well-known/openid-configuration", told)

    def _published(self, _request: HttpRequest) -> Response:
        keys = [] if self.hidden else [dict(key.public) for key in self._signing()]
        return self._json(HTTPStatus.OK, "/keys", {"keys": keys})

    def _authorize(self, request: HttpRequest) -> Response:
        """Ask who signs in, and lead them back with a code or an error (OpenID Connect Core, section 3.1.2)."""
        try:
            return self._decided(parameters(request.query))
        except Refused as error:
            why = error.why
        except ValueError as error:
            why = str(error)
        return self._html(HTTPStatus.BAD_REQUEST, "/authorize", idp_pages.refusal_page(why))

    def _decided(self, asked: Mapping[str, str]) -> Response:
        """Lead back nowhere that is not known. Raises Refused, and ValueError for a switch that makes no sense."""
        if asked.get("client_id") not in CLIENTS or asked.get("redirect_uri") not in self._redirect_uris:
            raise Refused("invalid_request", "The client or its redirect URI is not known here.")
        error = asked.get("error") or fault(asked)
        if error:
            return self._back(asked, {"error": error})
        if "person" not in asked:
            page = idp_pages.sign_in_page(f"{self.issuer}/authorize", asked)
            return self._html(HTTPStatus.OK, "/authorize", page)
        return self._back(asked, {"code": self._issue(asked)})

    def _back(self, asked: Mapping[str, str], answer: Mapping[str, str]) -> Response:
        """Lead the browser back, with who answers in `iss` (RFC 9207)."""
        state = {"state": asked["state"]} if "state" in asked else {}
        where = f"{asked['redirect_uri']}?{urlencode({**answer, **state, 'iss': self.issuer})}"
        return self._reply(HTTPStatus.FOUND, "/authorize", b"", ("location", where))

    def _issue(self, asked: Mapping[str, str]) -> str:
        """Return a new code for the person. Raises ValueError for a switch that makes no sense."""
        claims = claims_of(person_of(asked["person"]), asked)
        code, now = secrets.token_urlsafe(24), clock.now()
        with self._lock:
            live = {old: one for old, one in self._codes.items() if now - one.issued < CODE_SECONDS}
            self._codes = {**live, code: _Grant(asked, claims, now)}
        return code

    def _token(self, request: HttpRequest) -> Response:
        """Exchange a code, once, for an ID token (RFC 6749, section 4.1.3; RFC 7636, section 4.6)."""
        try:
            sent = parameters(request.body.decode("ascii", "replace"))
            client = client_of(request.header("authorization"), sent)
            grant = self._redeemed(sent, client)
        except Refused as error:
            status = HTTPStatus.UNAUTHORIZED if error.error == "invalid_client" else HTTPStatus.BAD_REQUEST
            basic = ("www-authenticate", 'Basic realm="Dev IdP"')
            told: Json = {"error": error.error, "error_description": error.why}
            return self._json(status, "/token", told, *([basic] if status == HTTPStatus.UNAUTHORIZED else ()))
        told = {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": grant.asked["scope"],
            "id_token": self._id_token(grant, client),
        }
        return self._json(HTTPStatus.OK, "/token", told)

    def _redeemed(self, sent: Mapping[str, str], client: str) -> _Grant:
        """Take the code away, whatever is wrong with the request, and return what it stands for. Raises Refused."""
        if sent.get("grant_type") != "authorization_code":
            raise Refused("unsupported_grant_type", "only authorization_code is")
        with self._lock:
            grant = self._codes.pop(sent.get("code", ""), None)
        if grant is None or clock.now() - grant.issued >= CODE_SECONDS:
            raise Refused("invalid_grant", "the code is unknown, used or older than a minute")
        if grant.asked["client_id"] != client:
            raise Refused("invalid_grant", "the code is another client's")
        if grant.asked["redirect_uri"] != sent.get("redirect_uri"):
            raise Refused("invalid_grant", "redirect_uri is not the one of the authorization request")
        if not proves(sent.get("code_verifier", ""), grant.asked["code_challenge"]):
            raise Refused("invalid_grant", "code_verifier does not fit the challenge")
        return grant

    def _id_token(self, grant: _Grant, client: str) -> str:
        issued = int(clock.now())
        nonce = {"nonce": grant.asked["nonce"]} if "nonce" in grant.asked else {}
        protocol = {"iss": self.issuer, "aud": client, "iat": issued, "exp": issued + TOKEN_SECONDS, **nonce}
        claims = {name: value for name, value in (protocol | dict(grant.claims)).items() if value is not None}
        payload = json.dumps(claims).encode()
        if grant.asked.get("alg") == "none":
            return PyJWS().encode(payload, "", algorithm="none")
        key = self._signing()[0]
        return PyJWS().encode(payload, key.private, algorithm="RS256", headers={"kid": key.public["kid"]})

    def _switch(self, request: HttpRequest) -> Response:
        """Go down or come back; add, replace, hide or show keys."""
        wanted = dict(parse_qsl(request.body.decode("ascii", "replace")))
        self.down = wanted.get("down", str(self.down).lower()) == "true"
        match wanted.get("keys"):
            case "add":
                self.rotate()
            case "replace":
                self.rotate(keep=False)
            case "hide":
                self.hidden = True
            case "show":
                self.hidden = False
        return self._reply(HTTPStatus.SEE_OTHER, "/switches", b"", ("location", self.issuer))

    def _json(self, status: HTTPStatus, route: str, document: Json, *headers: tuple[str, str]) -> Response:
        return self._reply(status, route, json.dumps(document).encode(), ("content-type", "application/json"), *headers)

    def _html(self, status: HTTPStatus, route: str, page: str) -> Response:
        return self._reply(status, route, page.encode(), ("content-type", "text/html; charset=utf-8"))

    def _reply(self, status: HTTPStatus, route: str, body: bytes, *headers: tuple[str, str]) -> Response:
        return Response(status, [*pages.HEADERS, *headers], body, route=f"{self._base}{route}")


def _new_key() -> _Key:
    private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    named = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": hashlib.sha256(public["n"].encode()).hexdigest()[:16]}
    return _Key(private, {**named, "n": public["n"], "e": public["e"]})
