"""Invitations from beginning to end, over the real routes, with the letters that people get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kit import GOOD_PASSWORD, Person

if TYPE_CHECKING:
    from tests.kit import Answer, World

NORA, OLAF = "nora@example.com", "olaf@example.com"


def listed(world: World, query: str = "") -> list[tuple[str, str]]:
    answer = world.call("GET", f"/v1/invitations{query}", token=world.acme.admin.pat)
    return [(row["email"], row["state"]) for row in answer.json["data"]]


def sign_in(world: World, email: str) -> Answer:
    return world.call("POST", "/v1/teams/acme/sessions", {"email": email, "password": GOOD_PASSWORD})


def test_an_admin_invites_two_people_and_each_joins_as_invited(world: World) -> None:
    admin = world.acme.admin
    world.invite(NORA, by=admin, role="admin", products={"only": ["trustgate"]}, send_password_email=True)
    with_warning = world.invite(OLAF, by=admin, send_password_email=False)
    assert with_warning["warnings"] == ["no_way_to_sign_in_yet"]
    assert listed(world) == [(OLAF, "pending"), (NORA, "pending")]

    (to_nora,), (to_olaf,) = world.mails(NORA), world.mails(OLAF)
    assert to_nora.subject == to_olaf.subject == "Adam Admin invited you to join Acme on Rollcall"
    assert "choose a name and a password" in to_nora.text
    assert "No password is asked" in to_olaf.text
    assert ("TrustGate" in to_nora.text, "all products" in to_olaf.text) == (True, True)

    for link in (world.link(NORA), world.link(OLAF)):
        with world.unchanged():
            assert [world.call("GET", f"/i/{link}").status for _ in range(3)] == [200, 200, 200]

    with world.tells("invitation.accepted", "invitation.accepted"):
        nora, olaf = world.accept(world.link(NORA), "Nora"), world.accept(world.link(OLAF), "Olaf", password=None)
    assert [answer.status for answer in (nora, olaf)] == [201, 201]
    assert (nora.json["member"]["role"], nora.json["member"]["products"]) == ("admin", {"only": ["trustgate"]})
    assert (olaf.json["member"]["role"], olaf.json["member"]["products"]) == ("member", {"all": True})
    assert ("session" in nora.json, "session" in olaf.json) == (True, False)

    with world.unchanged():
        again = [world.accept(world.link(NORA)), world.accept(world.link(OLAF), password=None)]
    assert [(answer.status, answer.code) for answer in again] == [(410, "link_used")] * 2
    assert listed(world) == []
    assert listed(world, "?state=accepted") == [(OLAF, "accepted"), (NORA, "accepted")]
    assert (sign_in(world, NORA).status, sign_in(world, OLAF).status) == (201, 401)
    assert world.call("GET", "/v1/members", token=nora.json["session"]["token"]).json["total"] == 32


def test_revoking_kills_the_link_at_once_and_inviting_again_works(world: World) -> None:
    old = world.invite(NORA, role="admin")
    old_link = world.link(NORA)
    assert world.act("revoke", old["id"], world.acme.admin).status == 204
    with world.unchanged():
        assert world.accept(old_link).code == "link_revoked"
    assert listed(world, "?state=revoked") == [(NORA, "revoked")]

    new = world.invite(NORA)
    assert new["id"] != old["id"]
    with world.unchanged():
        assert world.accept(old_link).code == "link_revoked"
    joined = world.accept(world.link(NORA))
    assert (joined.status, joined.json["member"]["role"]) == (201, "member")
    assert world.accept(old_link).code == "link_revoked"
    assert len(world.mails(NORA)) == 2


def test_resending_kills_the_older_link_and_the_newer_letter_works(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    older = world.link(NORA)
    assert world.act("resend", invitation, world.acme.admin).status == 200
    newer = world.link(NORA)
    assert newer != older
    with world.unchanged():
        assert world.accept(older).code == "link_replaced"
    assert world.accept(newer).status == 201


def test_the_mailed_and_the_copied_link_both_work_and_only_the_mailed_one_proves_the_address(world: World) -> None:
    proofs = {}
    for email, way in ((NORA, "mailed"), (OLAF, "copied")):
        invitation = world.invite(email)["id"]
        links = {"mailed": world.link(email), "copied": world.copied(invitation)}
        for link in links.values():
            assert world.call("POST", "/v1/invitations/inspect", {"token": link}).json["email"] == email
        proofs[way] = world.accept(links[way]).json["member"]["email_verified"]
        assert {world.accept(link).code for link in links.values()} == {"link_used"}
    assert proofs == {"mailed": True, "copied": False}


def test_an_admin_has_no_way_to_an_owners_invitation(world: World) -> None:
    admin = world.acme.admin
    with world.unchanged():
        asked = {"email": OLAF, "role": "owner"}
        answers = [world.call("POST", "/v1/invitations", asked, token=admin.pat)]
    owners = world.invite(NORA, role="owner")["id"]
    with world.unchanged():
        answers += [world.act(verb, owners, admin) for verb in ("resend", "link", "revoke")]
    assert [(answer.status, answer.code) for answer in answers] == [(403, "above_your_rank")] * 4
    joined = world.accept(world.link(NORA))
    assert joined.json["member"]["role"] == "owner"

    olga = Person(joined.json["member"]["id"], NORA, GOOD_PASSWORD, joined.json["session"]["token"])
    assert world.invite(OLAF, by=olga, role="owner")["inviter"]["email"] == NORA


def test_an_expired_link_is_dead_before_any_schedule_ran_and_the_schedule_only_notes_it(world: World) -> None:
    invitation = world.invite(NORA)["id"]
    link = world.link(NORA)
    world.advance(7 * 86400)
    with world.unchanged():
        assert world.accept(link).code == "link_expired"
        assert world.call("GET", f"/i/{link}").status == 410
        assert listed(world) == [(NORA, "expired")]
    with world.tells("invitation.expired"):
        assert [world.invoke("expire"), world.invoke("expire")] == [
            {"expired": 1, "reminded": 0, "checked": 0},
            {"expired": 0, "reminded": 0, "checked": 0},
        ]
    with world.unchanged():
        assert world.accept(link).code == "link_expired"
    assert world.act("resend", invitation).json["state"] == "pending"
    assert world.accept(world.link(NORA)).status == 201


def test_whatever_belongs_to_another_team_is_not_there(world: World) -> None:
    foreign = world.invite(NORA, by=world.globex.owner)["id"]
    link = world.link(NORA)
    unknown = foreign[:-4] + "0000"
    for by in (world.acme.owner, world.acme.admin):
        with world.unchanged():
            answers = [
                (world.act(verb, foreign, by), world.act(verb, unknown, by)) for verb in ("resend", "link", "revoke")
            ]
            answers.append(
                (
                    world.call("GET", f"/v1/invitations/{foreign}", token=by.pat),
                    world.call("GET", f"/v1/invitations/{unknown}", token=by.pat),
                )
            )
        assert {answer.status for pair in answers for answer in pair} == {404}
        assert all(theirs.essence == nobodys.essence for theirs, nobodys in answers)
    assert listed(world) == []
    joined = world.accept(link)
    member = f"/v1/members/{joined.json['member']['id']}"
    assert world.call("GET", member, token=world.acme.owner.pat).status == 404
    assert world.call("GET", member, token=world.globex.owner.pat).status == 200
