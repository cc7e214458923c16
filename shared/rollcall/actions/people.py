"""A person as SCIM text tells them, and as a membership needs them: addresses in one form, names on one line."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.domain import ids
from rollcall.domain.ids import digest
from rollcall.domain.provisioning import EXTERNAL_ID, USER_NAME, Person
from rollcall.domain.times import from_epoch_ms, rfc3339
from rollcall.mail.address import canonical
from rollcall.mail.words import one_line
from rollcall.scim import users
from rollcall.scim.schemas import ENTERPRISE, USER, fold
from rollcall.storage.people import Record

LONGEST_NAME = 100
LEFT_OUT = ("schemas", "active", "id", "meta", "groups")

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """What an identity provider sent of a person; `user_key` is the mailbox that the userName names, if it does."""

    person: Person
    user_key: str
    resource: Resource


def sent(resource: Resource) -> Sent:
    """Return what a resource says of a person, ready for a decision."""
    facts = users.facts(resource)
    email, key = mailbox(facts.email)
    further = {address_hash(one) for one in (facts.email, *facts.other_emails) if one and mailbox(one)[1] != key}
    person = Person(
        user_name=digest(fold(facts.user_name)),
        external_id=digest(facts.external_id) if facts.external_id else None,
        email=email,
        email_key=key,
        addresses=tuple(sorted(further)),
        name=one_line(facts.name, LONGEST_NAME) or email or "(no name)",
        text=text_of(resource),
        active=facts.active,
    )
    return Sent(person, mailbox(facts.user_name)[1], resource)


def mailbox(text: str | None) -> tuple[str, str]:
    """Return an address as typed and its key; both empty for what no letter could go to."""
    try:
        address = canonical(text or "")
    except ValueError:
        return "", ""
    return address.typed, address.key


def address_hash(text: str) -> str:
    """Return what stands for an address that members are found by, without regard to case."""
    key = mailbox(text)[1]
    return digest(key or fold(text))


def text_of(resource: Resource) -> str:
    """Return what is stored of a resource: all but what the membership itself tells."""
    kept = {name: value for name, value in resource.items() if name not in LEFT_OUT}
    kept = {"schemas": [USER, *([ENTERPRISE] if ENTERPRISE in kept else [])], **kept}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def said(record: Record) -> str:
    """Return what is said of a member; of those who are not managed, what their roster row tells."""
    return text_of(_told(record)) if record.text is None else record.text


def resource_of(record: Record) -> dict[str, Any]:
    """Return what an operation may change of a member's resource: all that is said of them, and whether active."""
    return {name: value for name, value in _stored(record).items() if name != "schemas"} | {"active": record.active}


def seen(record: Record, base: str) -> dict[str, Any]:
    """Return a member's whole resource, as filters and projections look at it."""
    return {**_stored(record), **json.loads(head(record, base) + "}")}


def head(record: Record, base: str) -> str:
    """Return the beginning of a member's resource as JSON: what the membership tells; `base` ends in `/scim/v2`."""
    created, modified = rfc3339(ids.made_at(record.id)), rfc3339(from_epoch_ms(record.modified))
    groups = ",".join(_in_group(code, base) for code in record.groups)
    return (
        f'{{"id":"{record.id}","active":{"true" if record.active else "false"},'
        f'"meta":{{"resourceType":"User","created":"{created}","lastModified":"{modified}",'
        f'"location":"{base}/Users/{record.id}","version":"W/\\"{record.version}\\""}}'
        + (f',"groups":[{groups}]' if groups else "")
    )


def rendering(record: Record, base: str) -> str:
    """Return a member's resource as JSON, made of the stored text as it is."""
    return f"{head(record, base)},{said(record)[1:]}"


def _stored(record: Record) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(said(record))
    return stored


def lookups(team_pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Yield the claims (kind, value) under which members with these attributes and values are found."""
    for attribute, value in team_pairs:
        if attribute == "userName":
            yield USER_NAME, digest(fold(value))
        elif attribute == "externalId":
            yield EXTERNAL_ID, digest(value)


def _in_group(code: str, base: str) -> str:
    group_id = ids.from_code("grp", code)
    return f'{{"value":"{group_id}","$ref":"{base}/Groups/{group_id}","type":"direct"}}'


def _told(record: Record) -> dict[str, Any]:
    """Return the resource of somebody of whom the identity provider has said nothing."""
    given, _, family = record.name.rpartition(" ")
    name = {"formatted": record.name, "familyName": family, **({"givenName": given} if given else {})}
    emails = {"emails": [{"value": record.email, "type": "work", "primary": True}]} if record.email else {}
    known = {"userName": record.email or record.id, "displayName": record.name, "name": name}
    return {**known, **emails}
