"""`If-Match` (RFC 9110, section 13.1.1): strong and weak tags are taken alike, `*` matches what exists."""

import re

from rollcall.domain.errors import Flaw, Invalid

_TAG = re.compile(r'(?:W/)?"(\d{1,15})"')


def versions(header: str | None) -> frozenset[int] | None:
    """Return the versions that the request would accept; None when it asks for none in particular."""
    if header is None or header.strip() == "*":
        return None
    tags = [_TAG.fullmatch(tag.strip()) for tag in header.split(",")]
    if not all(tags):
        raise Invalid(Flaw("", 'If-Match takes the ETag of an earlier answer, such as "3".'))
    return frozenset(int(tag[1]) for tag in tags if tag)
