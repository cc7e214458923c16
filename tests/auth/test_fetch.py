"""How the service asks a host that a team named: a checked address, small answers, soon, and nothing told of them."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from rollcall.auth import fetch
from rollcall.auth.fetch import Wire
from rollcall.domain.errors import ProviderUnavailable
from tests.oidc_toy import ec_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

CANARY = b"canary-of-an-answer"
PUBLIC = "93.184.216.34"
PATIENCE = 0.25
HURRIED = Wire(patience=PATIENCE)
PATIENT = Wire(patience=60)


@contextmanager
def speaking(script: Callable[[socket.socket], object]) -> Iterator[int]:
    """A port where somebody reads what is asked and says what the script says, until the other side has gone."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    taken, _ = server.accept()
                    with taken, suppress(OSError):
                        taken.settimeout(5)
                        script(taken)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def saying(*parts: bytes, pause: float = 0) -> Callable[[socket.socket], None]:
    def script(taken: socket.socket) -> None:
        taken.recv(65_536)
        for part in parts:
            taken.sendall(part)
            time.sleep(pause)

    return script


def head(status: str = "200 OK", **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode()


def asked(
    monkeypatch: pytest.MonkeyPatch, script: Callable[[socket.socket], object], wire: Wire = PATIENT, path: str = "/x"
) -> bytes:
    with speaking(script) as port:
        monkeypatch.setenv("SSO_LOCAL_ISSUERS", f"http://127.0.0.1:{port}")
        return fetch.get(f"http://127.0.0.1:{port}{path}", wire)


def refused(monkeypatch: pytest.MonkeyPatch, script: Callable[[socket.socket], object], wire: Wire = PATIENT) -> str:
    with pytest.raises(ProviderUnavailable) as told:
        asked(monkeypatch, script, wire)
    assert CANARY.decode() not in f"{told.value!r}{told.value.detail}{told.value.reason}{told.value.extra}"
    assert told.value.__suppress_context__ or told.value.__context__ is None
    return told.value.reason


def test_what_lies_at_an_address_is_read_with_one_plain_request(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def script(taken: socket.socket) -> None:
        seen.append(taken.recv(65_536))
        taken.sendall(head(Content_Length="2") + b"{}")

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert asked(monkeypatch, script, path="/a/b?c=d") == b"{}"
    [request] = seen
    assert request.startswith(b"GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"encoding" not in request.lower()
    assert b"Connection: close\r\n" in request


def test_an_answer_may_come_in_chunks_or_end_with_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, saying(head(Transfer_Encoding="chunked"), b"2\r\n{", b"}\r\n0\r\n\r\n")) == b"{}"
    assert asked(monkeypatch, saying(head(), b"{", b"}")) == b"{}"


def test_a_form_is_sent_and_its_answer_handed_over_whatever_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def script(taken: socket.socket) -> None:
        seen.append(taken.recv(65_536))
        taken.sendall(head("400 Bad Request", Content_Length="2") + b"{}")

    with speaking(script) as port:
        monkeypatch.setenv("SSO_LOCAL_ISSUERS", f"http://127.0.0.1:{port}")
        answer = fetch.post_form(f"http://127.0.0.1:{port}/t", {"a": "b c", "d": "é&"}, {"Authorization": "Basic eA=="})
    assert (answer.status, answer.body) == (400, b"{}")
    assert "body" not in repr(answer)
    [request] = seen
    assert request.endswith(b"\r\n\r\na=b+c&d=%C3%A9%26")
    assert b"Content-Length: 17\r\n" in request
    assert b"Content-Type: application/x-www-form-urlencoded\r\n" in request
    assert b"Authorization: Basic eA==\r\n" in request


# ---------------------------------------------------------------- answers that are not taken


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "304 Not", "307 Temporary", "308 Permanent"])
def test_case_039_a_redirect_is_followed_nowhere(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    asked_there: list[object] = []
    with speaking(asked_there.append) as elsewhere:
        bent = saying(head(status, Location=f"http://127.0.0.1:{elsewhere}/", Content_Length="0"))
        assert refused(monkeypatch, bent) == f"answered {status[:3]}"
    assert asked_there == []


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content", "103 Early", "999 What", "99 What"])
def test_case_039_a_status_that_is_no_success_is_no_answer(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    refused(monkeypatch, saying(head(status, Content_Length=str(len(CANARY))) + CANARY))


@pytest.mark.parametrize(
    "parts",
    [
        [head(Content_Length=str(3 * 2**30)), CANARY * 20_000],
        [head(Content_Length=str(10**18)), CANARY * 20_000],
        [head(), CANARY * 20_000],
        [head(Transfer_Encoding="chunked"), b"FFFFFF\r\n" + CANARY * 20_000],
        [head(Transfer_Encoding="chunked"), b"1\r\nx\r\n" * 300_000],
        [head(Content_Length=str(fetch.LARGEST_ANSWER + 1)), b"x" * (fetch.LARGEST_ANSWER + 1)],
    ],
)
def test_case_039_no_more_than_256_kib_are_read(monkeypatch: pytest.MonkeyPatch, parts: list[bytes]) -> None:
    assert "too large" in refused(monkeypatch, saying(*parts))


def test_an_answer_of_256_kib_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = b"x" * fetch.LARGEST_ANSWER
    assert asked(monkeypatch, saying(head(Content_Length=str(len(whole))), whole)) == whole


def test_case_039_what_unpacks_to_more_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(b"x" * 2**20)
    bomb = head(Content_Encoding="gzip", Content_Length=str(len(packed))) + packed
    assert "compressed" in refused(monkeypatch, saying(bomb))


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [CANARY],
        [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n"],
        [b"HTTP/1.1 200 OK\r\nx: " + CANARY * 5_000],
        [head(Transfer_Encoding="chunked"), CANARY + b"\r\n"],
        [head(Transfer_Encoding="chunked"), b"-5\r\n" + CANARY],
        [b"\0\xff\r\n\r\n"],
        [b"HTTP/1.1 two OK\r\n\r\n"],
    ],
)
def test_case_039_what_is_no_http_is_no_answer_and_is_not_told(
    monkeypatch: pytest.MonkeyPatch, parts: list[bytes]
) -> None:
    assert refused(monkeypatch, saying(*parts))


def test_case_039_a_host_that_stalls_or_drips_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the head, of the body and of chunks alike: each byte comes soon, the whole does not."""
    drops = [bytes([byte]) for byte in head(x="y" * 4_000)]
    assert refused(monkeypatch, saying(*drops, pause=0.01), HURRIED) == "no answer in time"
    assert refused(monkeypatch, saying(head(), *[b"x"] * 4_000, pause=0.01), HURRIED) == "no answer in time"
    chunks = saying(head(Transfer_Encoding="chunked"), *[b"1\r\nx\r\n"] * 4_000, pause=0.01)
    assert refused(monkeypatch, chunks, HURRIED) == "no answer in time"
    silent = refused(monkeypatch, lambda taken: taken.recv(1) and taken.recv(2**20) and taken.recv(1), HURRIED)
    assert silent == "no answer in time"


def test_nobody_is_waited_for_longer_than_three_seconds() -> None:
    assert fetch.NETWORK.patience == 3
    assert fetch.LARGEST_ANSWER == 256 * 1024


# ---------------------------------------------------------------- names, addresses and certificates


def certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A host that is who it says, and somebody who trusts who vouches for it: an authority for this test alone."""
    key = ec_key()
    day, now = timedelta(days=1), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority for one test")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    known = [x509.IPAddress(ip_address(each)) if each[0].isdigit() else x509.DNSName(each) for each in names]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName(known), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    pem = made.public_bytes(Encoding.PEM)
    (folder / "host.pem").write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    host = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    host.load_cert_chain(folder / "host.pem")
    return host, ssl.create_default_context(cadata=pem.decode())


class Net:
    """A network where names lead where the test says, whoever is dialled; it keeps what was asked of it."""

    def __init__(self, port: int, trust: ssl.SSLContext, *answers: Sequence[str]) -> None:
        self.port, self.trust, self.answers = port, trust, list(answers)
        self.resolved: list[str] = []
        self.dialled: list[tuple[str, int]] = []

    def wire(self) -> Wire:
        return Wire(self.resolve, self.dial, lambda: self.trust, PATIENCE)

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.resolved.append(host)
        return self.answers.pop(0)

    def dial(self, address: str, port: int, patience: float) -> socket.socket:
        self.dialled.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), patience)


@contextmanager
def secured(host: ssl.SSLContext) -> Iterator[tuple[int, list[bytes], list[str | None]]]:
    """A port that speaks TLS, what was asked there, and which names were called for."""
    requests: list[bytes] = []
    called: list[str | None] = []

    def note(_tls: object, name: str | None, _context: object) -> None:
        called.append(name)

    host.sni_callback = note

    def script(taken: socket.socket) -> None:
        with suppress(ssl.SSLError), host.wrap_socket(taken, server_side=True) as tls:
            requests.append(tls.recv(65_536))
            tls.sendall(head(Content_Length="2") + b"{}")

    with speaking(script) as port:
        yield port, requests, called


def test_case_039_the_address_that_was_checked_is_the_one_that_is_dialled(tmp_path: Path) -> None:
    """A second look-up would lead to loopback; there is none. TLS and the Host header say the name."""
    host, trust = certificate(tmp_path, "idp.example.com")
    with secured(host) as (port, requests, called):
        net = Net(port, trust, [PUBLIC], ["127.0.0.1"])
        assert fetch.get("https://idp.example.com/x", net.wire()) == b"{}"
    assert (net.resolved, net.dialled, called) == (["idp.example.com"], [(PUBLIC, 443)], ["idp.example.com"])
    assert requests[0].startswith(b"GET /x HTTP/1.1\r\nHost: idp.example.com\r\n")


def test_a_host_without_a_certificate_for_its_name_is_not_asked(tmp_path: Path) -> None:
    host, trust = certificate(tmp_path, "other.example.com")
    with secured(host) as (port, requests, _):
        for trusted in (trust, ssl.create_default_context()):
            with pytest.raises(ProviderUnavailable) as told:
                fetch.get("https://idp.example.com/x", Net(port, trusted, [PUBLIC]).wire())
            assert told.value.reason == "no certificate to trust"
    assert [request for request in requests if request] == []


@pytest.mark.parametrize(
    "answers", [["127.0.0.1"], [PUBLIC, "169.254.169.254"], ["::1", PUBLIC], ["64:ff9b::7f00:1"], [], ["rubbish"]]
)
def test_case_039_a_name_that_leads_anywhere_else_is_not_dialled(answers: list[str]) -> None:
    net = Net(1, ssl.create_default_context(), answers)
    with pytest.raises(ProviderUnavailable) as told:
        fetch.get("https://idp.example.com/", net.wire())
    assert told.value.reason == "the name leads to no public address"
    assert net.dialled == []


def test_case_039_an_address_that_is_refused_is_not_even_resolved() -> None:
    net = Net(1, ssl.create_default_context())
    for url in ("http://idp.example.com/", "https://127.0.0.1:9001/next", "https://2130706433/", "file:///etc/passwd"):
        with pytest.raises(ProviderUnavailable):
            fetch.get(url, net.wire())
    assert (net.resolved, net.dialled) == ([], [])


def test_the_next_address_is_tried_where_one_takes_no_connection(tmp_path: Path) -> None:
    host, trust = certificate(tmp_path, "idp.example.com")

    class Half(Net):
        def dial(self, address: str, port: int, patience: float) -> socket.socket:
            if address == "8.8.8.8":
                raise ConnectionRefusedError
            return super().dial(address, port, patience)

    with secured(host) as (port, _, _):
        net = Half(port, trust, ["8.8.8.8", PUBLIC])
        assert fetch.get("https://idp.example.com/", net.wire()) == b"{}"
        with pytest.raises(ProviderUnavailable, match="does not answer"):
            fetch.get("https://idp.example.com/", Half(port, trust, ["8.8.8.8"]).wire())
    assert net.dialled == [(PUBLIC, 443)]


def test_a_resolver_or_a_handshake_that_stalls_is_left_at_the_deadline() -> None:
    done = threading.Event()

    def stalled(_host: str, _port: int) -> Sequence[str]:
        done.wait(5)
        return [PUBLIC]

    with pytest.raises(ProviderUnavailable):
        fetch.get("https://idp.example.com/", Wire(resolve=stalled, patience=0.1))
    assert not done.is_set()
    done.set()
    with speaking(lambda taken: taken.recv(65_536) and taken.recv(1)) as port:
        net = Net(port, ssl.create_default_context(), [PUBLIC])
        with pytest.raises(ProviderUnavailable) as told:
            fetch.get("https://idp.example.com/", net.wire())
    assert told.value.reason == "no answer in time"


def test_names_are_resolved_by_the_system() -> None:
    assert "127.0.0.1" in fetch.NETWORK.resolve("127.0.0.1", 443)
