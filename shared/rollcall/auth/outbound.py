"""Where the service may go on somebody's word: https, hosts on the public internet, nothing that is written oddly."""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

LONGEST_URL = 2048
_URL = re.compile(
    r"(?P<origin>(?P<scheme>https?)://(?P<authority>(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?))"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?"  # RFC 3986
)
_PORTS = range(1, 65_536)
_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Url:
    """An address that may be asked, in its parts; `exempt` ones are the local stack's and may be anywhere."""

    scheme: str
    authority: str
    host: str
    port: int
    path: str
    query: str
    exempt: bool

    @property
    def target(self) -> str:
        """Return what stands in the request line."""
        return (self.path or "/") + self.query


def read_url(text: str) -> Url | None:
    """Return an address that may be asked, None for any other; resolves nothing.

    It is https, without userinfo, fragment, spaces or backslashes, on any port; its host is a name, or an IP address
    in its one plain form that is public. `SSO_LOCAL_ISSUERS`, of the local stack and tests alone, names the origins
    that these rules do not hold for.
    """
    match = _URL.fullmatch(text) if len(text) <= LONGEST_URL else None
    if match is None:
        return None
    exempt = match["origin"] in local_origins()
    port = int(match["port"] or (443 if match["scheme"] == "https" else 80))
    host = match["host"].strip("[]").lower()
    if port not in _PORTS or not (exempt or (match["scheme"] == "https" and _may_be_public(host))):
        return None
    return Url(match["scheme"], match["authority"], host, port, match["path"] or "", match["query"] or "", exempt)


def local_origins() -> Collection[str]:
    """Return the exempt origins, such as `http://127.0.0.1:8701`; none in a deployment."""
    return [origin for origin in os.environ.get("SSO_LOCAL_ISSUERS", "").split(",") if origin]


def public(text: str) -> bool:
    """Tell whether an IP address is somebody's on the public internet: the judgement of what a name resolved to.

    An address that carries an IPv4 one is judged by that: v4-mapped, 6to4 (RFC 3056), Teredo (RFC 4380), NAT64
    (RFC 6052).
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        carried = _carried(address)
        if carried is None:
            return address in _UNICAST and address.is_global
        address = carried
    return address.is_global and not address.is_multicast and not address.is_reserved


def _may_be_public(host: str) -> bool:
    """Tell whether a host is a name with a dot or a public address: what some readers take as a number is neither."""
    name, _, last = host.removesuffix(".").rpartition(".")
    if ":" in host or last[:1].isdigit():
        return public(host)
    return bool(name and last) and ".." not in host


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
