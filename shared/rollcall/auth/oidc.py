"""Signing in by OpenID Connect (C5): discovery, the way to the provider, the code's exchange (RFC 6749, RFC 7636).

No storage and no pages: who the claims mean is the use case's to say. What is asked of the network goes by fetch.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlencode

from rollcall.auth import fetch, id_tokens, key_sets
from rollcall.auth.outbound import read_url
from rollcall.auth.remembered import Remembered
from rollcall.domain import strict_json
from rollcall.domain.errors import Flaw, Invalid, ProviderUnavailable, SsoFailed

SCOPE = "openid email profile"
LONGEST_CODE = 4096
_RANDOM_BYTES = 32
_SERVERS_FAULT = 500
_DOCUMENT = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to an identity provider; `key` names it in memory: the connection's id and version."""

    key: str
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scope: str = SCOPE


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3), as far as we need it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: Sequence[str]
    secret_in_form: bool
    tells_issuer: bool
    scopes: Sequence[object] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in: what ties the browser (state), the token (nonce) and the code (verifier) to it."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


_documents: Remembered[Metadata] = Remembered()


def discover(client: Client, now: datetime) -> Metadata:
    """Return what the provider says of itself, an hour old at most where it answers. Raises ProviderUnavailable."""
    return _documents.get(f"{client.key} {client.issuer}", now, lambda: _document(client.issuer))


def examine(client: Client) -> Metadata:
    """Return what the provider says of itself at this moment, its keys read too: what saving a connection asks.

    Raises Invalid at `/issuer`, which says no more than that it could not be used (case 39).
    """
    try:
        metadata = _document(client.issuer)
        key_sets.read(fetch.get(metadata.jwks_uri))
    except ProviderUnavailable as error:
        detail = f"This issuer's discovery document could not be used: {error.reason}."
        raise Invalid(Flaw("/issuer", detail)) from None
    return metadata


def begin(
    client: Client,
    metadata: Metadata,
    redirect_uri: str,
    random_bytes: Callable[[int], bytes],
    extra: Mapping[str, str] | None = None,
) -> tuple[str, Attempt]:
    """Return where to send the browser, and the attempt, to be kept sealed in that browser until it comes back."""
    attempt = Attempt(*(_base64url(random_bytes(_RANDOM_BYTES)) for _ in range(3)))
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": client.scope,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": _base64url(hashlib.sha256(attempt.verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    where = metadata.authorization_endpoint
    return f"{where}{'&' if '?' in where else '?'}{urlencode({**(extra or {}), **asked})}", attempt


def check_answerer(metadata: Metadata, issuer: str | None) -> None:
    """Refuse a callback whose `iss` is another provider's, or missing where it is promised (RFC 9207): case 30."""
    if issuer != metadata.issuer and (issuer is not None or metadata.tells_issuer):
        raise SsoFailed("another provider answered")


def redeem(
    client: Client, metadata: Metadata, code: str, attempt: Attempt, redirect_uri: str, now: datetime
) -> Mapping[str, object]:
    """Return the claims of whom a code signs in. Raises SsoFailed, or ProviderUnavailable where nobody answers."""
    if not 0 < len(code) <= LONGEST_CODE:
        raise SsoFailed("no code")
    token = _exchanged(client, metadata, code, attempt, redirect_uri)
    keys = key_sets.held(client.key, metadata.jwks_uri, now)
    expected = id_tokens.Expected(client.issuer, client.client_id, attempt.nonce, metadata.algorithms)
    return id_tokens.verify(token, expected, keys, now)


def _exchanged(client: Client, metadata: Metadata, code: str, attempt: Attempt, redirect_uri: str) -> str:
    """Return the ID token that the code is worth (RFC 6749, 4.1.3; the verifier: RFC 7636, 4.5)."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": attempt.verifier,
    }
    body, headers = _authenticated(client, metadata)
    answer = fetch.post_form(metadata.token_endpoint, {**fields, **body}, headers)
    if answer.status >= _SERVERS_FAULT:
        raise ProviderUnavailable(f"the token endpoint answered {answer.status}")
    if answer.status != fetch.OK:
        raise SsoFailed(f"the token endpoint answered {answer.status}")
    token = _object(answer.body).get("id_token")
    if not isinstance(token, str):
        raise SsoFailed("no ID token came with the code")
    return token


def _authenticated(client: Client, metadata: Metadata) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the fields and headers by which we are known (RFC 6749, 2.3.1): in the form where nothing else goes.

    A blank is `%20` and not `+`: those who read either part as a form take both, some read it as a URL.
    """
    if client.client_secret is None:
        return {"client_id": client.client_id}, {}
    if metadata.secret_in_form:
        return {"client_id": client.client_id, "client_secret": client.client_secret}, {}
    pair = f"{quote(client.client_id, '')}:{quote(client.client_secret, '')}"
    return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _document(issuer: str) -> Metadata:
    """Return the discovery document, read from the issuer and refused unless it is that issuer's own, to the letter."""
    found = _object(fetch.get(issuer.removesuffix("/") + _DOCUMENT))
    if found.get("issuer") != issuer:
        raise ProviderUnavailable("its document names another issuer")
    if "S256" not in _texts(found, "code_challenge_methods_supported", "S256"):
        raise ProviderUnavailable("it does not support PKCE with S256")
    offered = _texts(found, "id_token_signing_alg_values_supported", "RS256")
    algorithms = [name for name in id_tokens.ALGORITHMS if name in offered]
    if not algorithms:
        raise ProviderUnavailable("it signs by no algorithm that is allowed")
    methods = _texts(found, "token_endpoint_auth_methods_supported", "client_secret_basic")
    return Metadata(
        issuer,
        _endpoint(found, "authorization_endpoint"),
        _endpoint(found, "token_endpoint"),
        _endpoint(found, "jwks_uri"),
        algorithms,
        secret_in_form="client_secret_post" in methods and "client_secret_basic" not in methods,
        tells_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        scopes=_texts(found, "scopes_supported", "openid"),
    )


def _endpoint(found: Mapping[str, object], name: str) -> str:
    """Return an address of the document, under the same rules as the issuer's: it may lead nowhere else."""
    value = found.get(name)
    if not isinstance(value, str) or read_url(value) is None:
        raise ProviderUnavailable(f"its {name} is not a public https address")
    return value


def _texts(found: Mapping[str, object], name: str, default: str) -> Sequence[object]:
    value = found.get(name, [default])
    return value if isinstance(value, list) else []


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value = strict_json.read(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ProviderUnavailable("it answers with no JSON object")
    return value


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
