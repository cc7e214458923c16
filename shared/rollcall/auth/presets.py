"""What differs between identity providers: how an issuer may look, which address counts, where the groups stand."""

import re
from collections.abc import Mapping, Sequence

from rollcall.auth.oidc import SCOPE
from rollcall.auth.outbound import read_url
from rollcall.domain.errors import Flaw, Invalid

GOOGLE = "https://accounts.google.com"
LONGEST_ISSUER = 512
LONGEST_EMAIL = 254
MOST_GROUPS = 2000
LONGEST_GROUP = 256
_CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of everybody's personal Microsoft accounts
_TENANT = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/v2\.0")
_MICROSOFT = "login.microsoftonline.com"


def check_issuer(provider: str, issuer: str) -> None:
    """Refuse an issuer that a connection of this provider must not have; asks nobody. Raises Invalid at `/issuer`.

    It is an https URL without query, fragment and userinfo (OpenID Connect Discovery 1.0, section 3); Google's is
    fixed, Entra's names one tenant by its GUID: `common` and the like stand for everybody's.
    """
    where = read_url(issuer) if len(issuer) <= LONGEST_ISSUER else None
    if where is None or where.query:
        raise _refused("This must be an https address of the public internet, without query and fragment.")
    if provider == "google" and issuer != GOOGLE and not where.exempt:
        raise _refused(f"Google's issuer is {GOOGLE}.")
    if provider == "entra" and (_tenant(where.path) is None or not (where.exempt or where.authority == _MICROSOFT)):
        raise _refused(f"Entra's issuer is https://{_MICROSOFT}/<your tenant's id>/v2.0, with the id in small letters.")


def scope_of(provider: str, offered: Sequence[object]) -> str:
    """Return what is asked for: groups too where the discovery document offers them by a scope, as Okta's does.

    Keycloak offers every scope of the realm and refuses those that the client has not; it tells groups by a mapper.
    """
    return f"{SCOPE} groups" if provider in {"okta", "oidc"} and "groups" in offered else SCOPE


def email_of(provider: str, issuer: str, claims: Mapping[str, object]) -> tuple[str | None, bool]:
    """Return the e-mail address that is told, if any, and whether the provider vouches for it (rule J5, case 33).

    `email_verified` counts as the boolean alone, and whatever else it holds is a no. Entra says it by `xms_edov`, or
    without either by its issuer being one tenant's, whose admins stand for their addresses.
    """
    told = claims.get("email")
    email = told if isinstance(told, str) and 0 < len(told) <= LONGEST_EMAIL else None
    return email, email is not None and _vouched(provider, issuer, claims)


def groups_of(claims: Mapping[str, object], path: str) -> list[str] | None:
    """Return the groups that stand at a dotted path, None where there are too many to tell (R2).

    None is not the empty list: who has no groups has lost the roles that came with them, who is not told of has not.
    Entra and Okta leave the claim out for somebody without groups, so nothing there is no groups; Entra tells of more
    than 200 by `_claim_names` or `hasgroups` only. 2,000 is the most we take.
    """
    if not path or _overage(claims, path):
        return None
    found = _at(claims, path)
    if found is None:
        return []
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list) or len(found) > MOST_GROUPS:
        return None
    return [group for group in found if isinstance(group, str) and 0 < len(group) <= LONGEST_GROUP]


def text_of(claims: Mapping[str, object], path: str) -> str | None:
    """Return the text that stands at a dotted path, None where there is none: what a SCIM person is found by."""
    found = _at(claims, path) if path else None
    return found if isinstance(found, str) and found else None


def _vouched(provider: str, issuer: str, claims: Mapping[str, object]) -> bool:
    if "email_verified" in claims:
        return claims["email_verified"] is True
    if provider != "entra":
        return False
    if "xms_edov" in claims:
        owned = claims["xms_edov"]
        return (
            owned is True or (type(owned) is int and owned == 1) or (isinstance(owned, str) and owned in {"1", "true"})
        )
    where = read_url(issuer)
    return where is not None and _tenant(where.path) is not None


def _tenant(path: str) -> str | None:
    """Return the tenant that an Entra issuer's path names, None where it is not an organisation's."""
    match = _TENANT.fullmatch(path)
    return match[1] if match and match[1] != _CONSUMERS else None


def _overage(claims: Mapping[str, object], path: str) -> bool:
    elsewhere = claims.get("_claim_names")
    named = isinstance(elsewhere, dict) and (path in elsewhere or path.partition(".")[0] in elsewhere)
    return named or claims.get("hasgroups") in (True, "true")


def _at(claims: Mapping[str, object], path: str) -> object:
    """Return what stands at a path; a claim whose own name has dots, such as a URL, comes first."""
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _refused(sentence: str) -> Invalid:
    return Invalid(Flaw("/issuer", sentence))
