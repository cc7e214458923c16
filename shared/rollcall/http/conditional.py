"""`If-Match` (RFC 9110, section 13.1.1): strong and weak tags are taken alike, `*` matches what exists."""

import re

from rollcall.domain.errors import Flaw, Invalid

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_OURS = re.compile(r"\d{1,15}", re.ASCII)


def versions(header: str | None) -> frozenset[int] | None:
    """Return the versions that the request would accept; None when it asks for none in particular.

    A well-formed tag that no answer of ours carried matches no version: the answer is 412, as for an old one.
    """
    if header is None or header.strip() == "*":
        return None
    tags = [_TAG.fullmatch(tag.strip()) for tag in header.split(",")]
    if not all(tags):
        raise Invalid(Flaw("", 'If-Match takes the ETag of an earlier answer, such as "3".'))
    return frozenset(int(tag[1]) for tag in tags if tag and _OURS.fullmatch(tag[1]))
