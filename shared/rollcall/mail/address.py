"""The one function that reads an e-mail address, so that one mailbox has one key everywhere (invite, sign-in, SCIM)."""

from dataclasses import dataclass
from typing import Final

_COUNTRY: Final = 2
_REGISTRIES: Final = frozenset(
    {"ac", "co", "com", "edu", "gob", "gov", "gouv", "go", "ltd", "me", "mil", "ne", "net", "or", "org", "plc", "sch"}
)
MAX_LENGTH: Final = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets


@dataclass(frozen=True, slots=True)
class Address:
    """An address as its owner typed it, for display, and its key, for comparing and for sending."""

    typed: str
    key: str


def canonical(text: str) -> Address:
    """Read exactly one plain address, `local@domain`.

    The key is the ASCII-lower-cased local part and the domain's A-label: case and IDNA spellings of a mailbox meet,
    while plus tags and dots stay significant. Letters go to the key. Raises ValueError, with a sentence for people, on
    everything else: lists, display names, quoted or non-ASCII local parts, IP literals, trailing dots, encoded words,
    control characters, more than 254 characters.
    """
    typed = text.strip(" ")
    if len(typed) > MAX_LENGTH:
        raise ValueError(f"An e-mail address has at most {MAX_LENGTH} characters.")
    local, domain = _validated(typed)
    if "=?" in local:  # allowed by RFC 5322, but mail software decodes it (RFC 2047), whatever is hidden inside
        raise ValueError("The part before the @-sign is not valid. It looks like an encoded word.")
    key = f"{local.lower()}@{domain.lower()}"
    if len(key) > MAX_LENGTH:
        raise ValueError(f"An e-mail address has at most {MAX_LENGTH} characters once its domain is encoded.")
    return Address(typed=typed, key=key)


def canonical_domain(text: str) -> str:
    """Read one domain that addresses can be of, and return its A-label in lower case.

    Raises ValueError, with a sentence for people, on everything else: addresses of machines, single labels, reserved
    names, and what registries give names out under, such as co.uk.
    """
    _, domain = _validated(f"x@{text.strip(' ')}")
    first, _, rest = domain.lower().partition(".")
    if len(rest) == _COUNTRY and first in _REGISTRIES:
        raise ValueError("Names are given out under this one: claim a domain of your own.")
    return domain.lower()


def _validated(text: str) -> tuple[str, str]:
    # Imported here: the library brings the IDNA tables, which most functions never need.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        # `test_environment` does one thing: it takes .test (RFC 6761) off the special-use list. Suites of identity
        # providers use such domains, and in production they cost one bounce at most. localhost, .local, .invalid,
        # .onion and .arpa stay refused.
        parts = validate_email(
            text, allow_smtputf8=False, strict=True, check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    if parts.ascii_local_part is None or "." not in parts.ascii_domain:
        raise ValueError("The part after the @-sign is not valid. It should have a period.")
    return parts.ascii_local_part, parts.ascii_domain
