"""What owners and admins do to members and to their team, one line each, for the tests of these routes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollcall import clock
from rollcall.auth import keyring, links
from rollcall.domain import ids
from rollcall.domain.members import PasswordLink
from rollcall.storage import bulk
from tests.kit import GOOD_PASSWORD
from tests.values import DAY, a_member, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.domain.members import Member
    from tests.kit import Answer, Person, World


def ask(world: World, method: str, path: str, body: object = None, by: str | None = None, **headers: str) -> Answer:
    """Make a request as acme's owner, or by another credential; `If_Match="…"` becomes a header."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.call(method, path, body, token=by or world.acme.owner.pat, headers=sent)


def put_role(world: World, member: str, role: object, by: str | None = None, **headers: str) -> Answer:
    return ask(world, "PUT", f"/v1/members/{member}/role", {"role": role}, by, **headers)


def put_products(world: World, member: str, products: object, by: str | None = None, **headers: str) -> Answer:
    return ask(world, "PUT", f"/v1/members/{member}/products", products, by, **headers)


def act_on(world: World, member: str, verb: str, by: str | None = None, **headers: str) -> Answer:
    """Deactivate, reactivate, revoke-tokens or revoke-sessions."""
    return ask(world, "POST", f"/v1/members/{member}/{verb}", None, by, **headers)


def remove(world: World, member: str, by: str | None = None, **headers: str) -> Answer:
    return ask(world, "DELETE", f"/v1/members/{member}", None, by, **headers)


def leave(world: World, by: str, **headers: str) -> Answer:
    return ask(world, "POST", "/v1/me/leave", None, by, **headers)


def transfer(world: World, heir: object, by: str, **headers: str) -> Answer:
    return ask(world, "POST", "/v1/team/transfer-ownership", {"member_id": heir}, by, **headers)


def get_member(world: World, member: str, by: str | None = None) -> Answer:
    return ask(world, "GET", f"/v1/members/{member}", None, by)


def listed(world: World, query: str = "", by: str | None = None) -> Answer:
    return ask(world, "GET", f"/v1/members?limit=200&status=all{query}", None, by)


def sign_in(world: World, person: Person, slug: str | None = None) -> str:
    """Open a session, which is fresh enough for every step-up."""
    answer = try_sign_in(world, person.email, person.password, slug)
    assert answer.status == 201, answer.body
    return str(answer.json["token"])


def try_sign_in(world: World, email: str, password: str, slug: str | None = None) -> Answer:
    return world.call("POST", f"/v1/teams/{slug or world.acme.slug}/sessions", {"email": email, "password": password})


def issue(world: World, session: str, name: str = "ci", **fields: object) -> Any:
    """Make a personal access token and return it with its secret."""
    answer = ask(world, "POST", "/v1/tokens", {"name": name, **fields}, session)
    assert answer.status == 201, answer.body
    return answer.json


def password_link(world: World, member: str) -> str:
    """Give a member a live set-password link and return its token."""
    held = world.member(member)
    world.rewrite(held, password_link=PasswordLink(held.password_link.generation + 1, clock.now() + DAY))
    return links.password_link(keyring.link_keys()[0], world.member(member))


def set_password(world: World, link: str, password: str = GOOD_PASSWORD) -> Answer:
    return world.call("POST", "/v1/password-resets/complete", {"token": link, "password": password})


def sign_up(
    world: World, slug: str = "hooli", name: str = "Hooli", email: str = "amy@hooli.example", **more: str
) -> Answer:
    """Ask for a team by self-service; `owner_name` and `address` may be given."""
    owner = {"email": email, "name": more.pop("owner_name", "Amy Lee")}
    return world.call("POST", "/v1/teams", {"name": name, "slug": slug, "owner": owner}, **more)  # type: ignore[arg-type]


def authenticates(world: World, credential: str) -> bool:
    """Tell whether a credential still opens anything."""
    return world.call("GET", "/v1/me", token=credential).status == 200


def second_owner(world: World) -> tuple[str, str]:
    """Make another owner of acme; return the id and a session."""
    return world.join("olga@example.com", role="owner")


def crowd(world: World, *fields: Mapping[str, Any]) -> list[Member]:
    """Put members into acme past the routes, at the cost of one batch."""
    team = world.team()
    joined = [replace(a_member(team, **given), id=new_id("mem", team.created_at)) for given in fields]
    return bulk.load(team.id, joined, len(world.items(f"R#{ids.code(team.id)}")))


def service_token(world: World, product: str = "trustgate") -> str:
    """Make a service token of one of acme's products."""
    session = sign_in(world, world.acme.owner)
    made = ask(world, "POST", f"/v1/team/products/{product}/service-tokens", {"name": product}, session)
    assert made.status == 201, made.body
    return str(made.json["secret"])


def put_grant(world: World, member: str, grant: str, service: str, **fields: object) -> Answer:
    return ask(world, "PUT", f"/v1/members/{member}/grants/{grant}", {"name": grant.title(), **fields}, service)


def newest(world: World, action: str) -> Any:
    """Return the newest audit event of that action."""
    return world.events(action)[-1]


def role_of(world: World, member: str) -> str:
    return world.member(member).role.value


def active_owners(world: World) -> set[str]:
    """Return the set that the last-owner guard looks at."""
    (item,) = [item for item in world.items(f"T#{ids.code(world.acme.id)}") if item["SK"]["S"] == "OWNERS"]
    return set(item["owners"]["SS"])
