"""What the permission matrix is walked on: the seeded teams with everybody whom a row names, in a few states.

Everything is made over the service's own routes, where one exists. A walk changes scenes by putting a kept table back,
and only after a request that changed it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rollcall import clock
from rollcall.auth import keyring, links
from rollcall.domain import ids
from rollcall.domain.changes import Change
from rollcall.domain.members import PasswordLink
from rollcall.domain.scim_conflicts import ScimConflict, renewed
from rollcall.domain.times import rfc3339
from rollcall.storage.commit import commit
from tests.kit import GOOD_PASSWORD, World
from tests.sso_kit import connected, trial_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.kit import Person

ROLES = ("owner", "admin", "member")
OTHER_PASSWORD = "another phrase nobody has used"
LONG_AGO = timedelta(days=9)  # an invitation of then has expired
AGO = timedelta(days=2)  # and so has a session, by its idle limit
CLAIMED = "claimed.example.com"
SOON = timedelta(seconds=1)
_EXEMPT = "SSO_LOCAL_ISSUERS"


@dataclass(frozen=True, slots=True)
class Played:
    """A person with every credential they ever had; `token` is the id of a PAT, not always of `pat`."""

    id: str
    email: str
    password: str = GOOD_PASSWORD
    session: str = ""
    pat: str = ""
    token: str = ""
    link: str = ""
    reset: str = ""
    own_session: str = ""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what is there, by the words of the matrix."""

    people: dict[str, Played]
    invitations: dict[str, str]
    credentials: dict[str, str | None]
    service_token: str
    scim_token: str
    connection: str = ""
    issuer: str = ""
    provisioned: dict[str, str] = field(default_factory=dict)

    @property
    def canaries(self) -> set[str]:
        """Every id of team A that no answer to another team may hold."""
        people = {person.id for name, person in self.people.items() if person.id and name != "other team's owner"}
        things = (self.service_token, self.scim_token, self.connection)
        return {*people, *self.invitations.values(), *things, *self.provisioned.values()}


@dataclass(frozen=True, slots=True)
class Scene:
    """A state of the table, kept, and the moment at which it is walked."""

    world: World
    cast: Cast
    moment: datetime
    digest: str
    team_a: list[dict[str, Any]]
    told: frozenset[str]


def of_team_a(world: World) -> list[dict[str, Any]]:
    """Every item that team A's id stands in, but for marks of activity."""
    code = ids.code(world.acme.id)
    rows = [{**item, "l": None} if item["PK"]["S"].startswith("R#") else item for item in world.items()]
    rows = [{**item, "lu": None} if item["SK"]["S"].startswith("PAT#") else item for item in rows]
    return [
        item for item in rows if code in repr(item) and not item["PK"]["S"].startswith(("RL#", "IDEM#", "SL#", "USED#"))
    ]


class Walk:
    """The scenes, one of them on stage."""

    def __init__(self, seeded: World, issuer: str) -> None:
        seeded.reset()
        world = replace(seeded)
        moment = clock.now()
        self._before = os.environ.get(_EXEMPT, "")
        cast = _cast(world, moment, issuer)
        self.scenes = {"crowd": _kept(world, cast, moment)}
        for name, turn in _TURNS.items():
            other = replace(world)
            other.reset()
            other.at(moment)
            turn(other, cast)
            self.scenes[name] = _kept(other, cast, moment)
        self._on_stage: Scene | None = None

    def enter(self, name: str) -> Scene:
        """Put a scene on stage, unless it is there unchanged."""
        scene = self.scenes[name]
        if self._on_stage is not scene:
            scene.world.reset()
            self._on_stage = scene
        scene.world.at(scene.moment + SOON)
        os.environ[_EXEMPT] = scene.cast.issuer
        return scene

    def outcome(self, scene: Scene) -> list[str] | None:
        """Return the actions of the audit events that were added; None where nothing at all changed."""
        if scene.world.digest() == scene.digest:
            return None
        self._on_stage = None
        return [event["action"] for event in scene.world.events() if event["id"] not in scene.told]

    def close(self) -> None:
        """Put the clock and the exempt issuers back; the table is the next test's to reset."""
        self._on_stage = None
        os.environ[_EXEMPT] = self._before
        os.environ["CLOCK_OFFSET_SECONDS"] = "0"


def _kept(world: World, cast: Cast, moment: datetime) -> Scene:
    world.remember()
    told = frozenset(event["id"] for event in world.events())
    return Scene(world, cast, moment, world.digest(), of_team_a(world), told)


# ---------------------------------------------------------------- other states


def _sole(world: World, cast: Cast) -> None:
    _done(world.call("POST", f"/v1/members/{cast.people['other owner'].id}/deactivate", token=world.acme.owner.pat))


def _deleted(world: World, cast: Cast) -> None:
    token = cast.people["owner"].session
    _done(world.call("DELETE", "/v1/team", {"name": "Acme"}, token=token))


def _enforced(world: World, _: Cast) -> None:
    world.rewrite(world.team(), sso_enforced=True)


def _provisioned(world: World, cast: Cast) -> None:
    """Let an identity provider have a user and a group, and the owner tokens of every kind (part I)."""
    now, owner = clock.now(), cast.people["owner"]
    world.at(now - AGO)
    expired = _scim_token(world, owner, expires_at=rfc3339(now - AGO + timedelta(days=1)))
    world.at(now)
    deleted = _scim_token(world, owner)
    _done(world.call("DELETE", f"/v1/team/scim-tokens/{deleted[1]}", token=owner.session))
    tokens = {"second live": _scim_token(world, owner), "expired": expired, "deleted": deleted}
    tokens["other team's"] = _scim_token(world, cast.people["other team's owner"])
    cast.credentials.update({f"{name} SCIM token": text for name, (text, _) in tokens.items()})
    token = cast.credentials["own SCIM token"] = cast.credentials["SCIM token"]
    cast.provisioned["name"] = "canary@idp.example"
    user = world.call("POST", "/scim/v2/Users", {"userName": cast.provisioned["name"]}, token=token)
    group = world.call("POST", "/scim/v2/Groups", {"displayName": "Canaries"}, token=token)
    cast.provisioned.update(user=user.json["id"], group=group.json["id"])


_TURNS = {"sole": _sole, "deleted": _deleted, "enforced": _enforced, "provisioned": _provisioned}


# ---------------------------------------------------------------- the cast


def _cast(world: World, moment: datetime, issuer: str) -> Cast:
    world.at(moment - LONG_AGO)
    late = "expired@people.example.com"
    invitations = {"expired": world.invite(late)["id"]}
    expired = Played("", late, link=world.copied(invitations["expired"]))
    world.at(moment - AGO)
    people = {f"{kind} {role}": _join(world, kind, role) for kind in ("other", "off") for role in ROLES}
    invitations["accepted"] = _invitation_of(world, people["other member"].email)
    people |= {"late": expired, "gone owner": _join(world, "gone", "owner"), "held": _join(world, "held", "member")}
    for role in ROLES:
        _act(world, "POST", people[f"off {role}"], "/deactivate")
    _act(world, "DELETE", people["gone owner"])
    world.at(moment)
    people |= {role: _seeded(world, "acme", getattr(world.acme, role)) for role in ROLES}
    people["other team's owner"] = _seeded(world, "globex", world.globex.owner)
    people |= _by_state(world)
    invitations |= {
        f"pending {role}": world.invite(f"to-be-{role}@people.example.com", role=role)["id"] for role in ROLES
    }
    invitations["revoked"] = world.invite("revoked@people.example.com")["id"]
    _done(world.act("revoke", invitations["revoked"]))
    service, service_token = _product(world, people)
    scim, scim_token = _scim_token(world, people["owner"])
    claimed = world.call("POST", "/v1/team/domains", {"domain": CLAIMED}, token=world.acme.owner.pat)
    _done(claimed)
    world.publish(claimed.json["record"]["name"], claimed.json["record"]["value"])
    credentials = {**_credentials(world, people), "service token": service, "SCIM token": scim}
    glass = world.call("POST", "/v1/team/break-glass-codes", token=people["owner"].session)
    credentials["break-glass code"] = glass.json["codes"][0]
    held = people["held"]
    sent = json.dumps({"userName": held.email, "emails": [{"value": held.email}]})
    conflict = ScimConflict(world.acme.id, held.id, held.email, None, sent, moment, moment)
    commit(Change(steps=(renewed(None, conflict),)))
    connections = [
        connected(world, of, issuer=issuer, worked=False, tested=trial_of(of.owner.id))
        for of in (world.acme, world.globex)
    ]
    return Cast(people, invitations, credentials, service_token, scim_token, connections[0].id, issuer)


def _credentials(world: World, people: dict[str, Played]) -> dict[str, str | None]:
    """What the principals of part G come with."""
    owner, other = people["owner"], people["other team's owner"]
    revoked = _issue(world, owner.session)
    _done(world.call("DELETE", f"/v1/tokens/{revoked['id']}", token=owner.session))
    return {
        "anonymous": None,
        "expired session": people["other owner"].session,
        "revoked PAT": revoked["secret"],
        "deactivated owner's session": people["off owner"].session,
        "removed owner's PAT": people["gone owner"].pat,
        "owner of a deleted team": owner.session,
        "other team's owner (session)": other.session,
        "other team's owner (PAT)": other.pat,
    }


def _by_state(world: World) -> dict[str, Played]:
    """The member states of part H, each with the credentials of when they were active."""
    pending = world.invite("invited@people.example.com")["id"]
    people = {name: _with_reset(world, _join(world, name, "member")) for name in ("active", "deactivated", "removed")}
    people["rejoined"] = back = _with_reset(world, _join(world, "rejoined", "member"))
    nobody = replace(world.member(people["active"].id), id=f"mem{pending[3:]}")
    reset = links.password_link(keyring.link_keys()[0], nobody)
    people["invited"] = Played("", "invited@people.example.com", link=world.copied(pending), reset=reset)
    _act(world, "POST", people["deactivated"], "/deactivate")
    _act(world, "DELETE", people["removed"])
    _act(world, "DELETE", back)
    again = world.accept(world.copied(world.invite(back.email)["id"]), password=OTHER_PASSWORD)
    assert again.status == 201, again.body
    return people


def _with_reset(world: World, person: Played) -> Played:
    """Give the person a live link that sets a password, as no route does yet."""
    world.rewrite(world.member(person.id), password_link=PasswordLink(1, clock.now() + timedelta(hours=1)))
    return replace(person, reset=links.password_link(keyring.link_keys()[0], world.member(person.id)))


def _product(world: World, people: dict[str, Played]) -> tuple[str, str]:
    """Give the team a service token, and with it a grant to one member."""
    path = "/v1/team/products/trustgate/service-tokens"
    issued = world.call("POST", path, {"name": "gate"}, token=people["owner"].session)
    _done(issued)
    grant = f"/v1/members/{people['held'].id}/grants/project-1"
    _done(world.call("PUT", grant, {"name": "Project 1"}, token=issued.json["secret"]))
    return issued.json["secret"], issued.json["id"]


def _scim_token(world: World, owner: Played, **fields: str) -> tuple[str, str]:
    issued = world.call("POST", "/v1/team/scim-tokens", {"name": "provider", **fields}, token=owner.session)
    _done(issued)
    return issued.json["secret"], issued.json["id"]


def _join(world: World, kind: str, role: str) -> Played:
    """Invite somebody who joins by a copied link and makes a token."""
    email = f"{kind}-{role}@people.example.com"
    link = world.copied(world.invite(email, role=role, send_password_email=True)["id"])
    joined = world.accept(link)
    _done(joined)
    session = joined.json["session"]["token"]
    token = _issue(world, session)
    return Played(joined.json["member"]["id"], email, GOOD_PASSWORD, session, token["secret"], token["id"], link)


def _seeded(world: World, slug: str, person: Person) -> Played:
    credentials = {"email": person.email, "password": person.password}
    signed_in = world.call("POST", f"/v1/teams/{slug}/sessions", credentials)
    _done(signed_in)
    session = signed_in.json["token"]
    token = _issue(world, session)["id"]
    own = signed_in.json["id"]
    return Played(person.id, person.email, person.password, session, person.pat, token, own_session=own)


def _issue(world: World, session: str) -> Any:
    issued = world.call("POST", "/v1/tokens", {"name": "ci"}, token=session)
    _done(issued)
    return issued.json


def _invitation_of(world: World, email: str) -> str:
    listed = world.call("GET", f"/v1/invitations?state=accepted&q={email}", token=world.acme.owner.pat)
    return str(listed.json["data"][0]["id"])


def _act(world: World, method: str, person: Played, verb: str = "") -> None:
    _done(world.call(method, f"/v1/members/{person.id}{verb}", token=world.acme.owner.pat))


def _done(answer: Any) -> None:
    assert answer.status < 300, answer.body
