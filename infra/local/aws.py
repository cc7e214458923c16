"""What stands in for AWS: the guard against the real one, the handlers' environment, and what a backend offers."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

import boto3
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from infra.local import clock
from infra.local.cloudformation import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from infra.local.template import Table

TABLE_NAME: Final = "rollcall-local"
MAIL_FROM: Final = "no-reply@rollcall.example"
REPORTER_KEY = "leak-reporter.pem"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_ENDPOINT: Final = "AWS_ENDPOINT_URL"
_FAKE: Final = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # moto does not know the streams endpoint that carries an account id
}


class RealEndpoint(Exception):
    """The environment points at something that is not this machine."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter that SES took: its MIME text and when, in Unix seconds of the moved clock."""

    id: str
    raw: bytes
    received: float


class Backend(Protocol):
    """An emulator holding the table and SES."""

    def letters(self) -> Sequence[Letter]:
        """Return every letter taken so far, oldest first."""

    def trim(self, sequence_number: str) -> None:
        """Forget stream records up to that one; they have been delivered."""

    def stop(self) -> None:
        """End it; returns within a second and a half."""


def refuse_real_endpoints(environment: Mapping[str, str]) -> None:
    """Raise RealEndpoint if any AWS_ENDPOINT_URL… names another machine."""
    for name, value in environment.items():
        if name.startswith(_ENDPOINT) and value and urlsplit(value).hostname not in LOOPBACK:
            raise RealEndpoint(f"{name}={value} is not on this machine. The local stack never talks to AWS: unset it.")


def fake_credentials(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Return what to set (or, with None, unset) so that no profile, role, key or endpoint of the developer is used."""
    return {name: None for name in environment if name.startswith("AWS_")} | _FAKE


def service_environment(template: Mapping[str, str], base_url: str, dev_folder: Path) -> dict[str, str]:
    """Return the functions' variables: the template's, then what the local stack knows better."""
    return {
        "LOG_LEVEL": "INFO",
        **template,
        "TABLE_NAME": TABLE_NAME,
        "PUBLIC_BASE_URL": base_url,
        "MAIL_FROM": MAIL_FROM,
        "SIGN_UP": "on",
        "LINK_KEYS": f"file:{secret_file(dev_folder, 'link-keys.json')}",
        "SIGNING_KEYS": f"file:{secret_file(dev_folder, 'signing-keys.json')}",
        "CONNECTION_KEYS": f"file:{secret_file(dev_folder, 'connection-keys.json')}",
        "SSO_LOCAL_ISSUERS": base_url,
        "DNS_ZONE": str(zone_file(dev_folder)),
        "LEAK_REPORTERS": f"file:{reporter_file(dev_folder)}",
        "POWERTOOLS_SERVICE_NAME": "rollcall",
        "POWERTOOLS_METRICS_NAMESPACE": "Rollcall",
        "ROLLCALL_LOCAL": "1",
        clock.VARIABLE: "0",
    }


def secret_file(dev_folder: Path, name: str) -> Path:
    """Return the file of a secret, made at first use and kept, so that what is derived from it outlives a restart."""
    path = dev_folder / name
    if not path.exists():
        keys = {"current": base64.b64encode(secrets.token_bytes(32)).decode(), "previous": None}
        write_private(path, json.dumps(keys))
    return path


def zone_file(dev_folder: Path) -> Path:
    """Return the file of the toy DNS zone, empty at first: names of TXT records, and the list of texts of each."""
    path = dev_folder / "zone.json"
    if not path.exists():
        write_private(path, "{}\n")
    return path


def reporter_file(dev_folder: Path) -> Path:
    """Return the file of the leak reporters' public keys: one, whose private key lies beside it to sign reports."""
    path, private = dev_folder / "leak-reporters.json", dev_folder / REPORTER_KEY
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        write_private(private, pem)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        write_private(path, json.dumps({"local": public}))
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all of it or nothing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def create_table(table: Table) -> None:
    """Create the table as the template describes it, and verify the sender's address."""
    client = boto3.client("dynamodb")
    client.create_table(TableName=TABLE_NAME, **table.create)
    if table.ttl_attribute:
        specification = {"Enabled": True, "AttributeName": table.ttl_attribute}
        client.update_time_to_live(TableName=TABLE_NAME, TimeToLiveSpecification=specification)


def verify_sender() -> None:
    """Let SES send from MAIL_FROM."""
    boto3.client("ses").verify_email_identity(EmailAddress=MAIL_FROM)


class EnvironmentChange:
    """Changes to os.environ that can be taken back."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def apply(self, changes: Mapping[str, str | None]) -> None:
        """Set each variable, or unset it where the value is None."""
        for name, value in changes.items():
            self._before.setdefault(name, os.environ.get(name))
            _set(name, value)

    def undo(self) -> None:
        """Put everything back as it was."""
        for name, value in self._before.items():
            _set(name, value)


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
