"""The first journey over the real routes: invite, letter, accept, member."""

from tests.kit import GOOD_PASSWORD, World


def test_an_invited_person_becomes_a_member_with_the_invited_role_and_products(world: World) -> None:
    world.invite("nora@example.com", role="admin", products={"only": ["trustgate"]}, send_password_email=True)
    token = world.link("nora@example.com")
    before = world.digest()
    for _ in range(3):
        assert world.call("GET", f"/i/{token}").status == 200
    assert world.digest() == before
    joined = world.accept(token)
    assert joined.status == 201
    member = joined.json["member"]
    assert (member["role"], member["products"]) == ("admin", {"only": ["trustgate"]})
    assert world.accept(token).status == 410
    signed_in = world.call("POST", "/v1/teams/acme/sessions", {"email": "nora@example.com", "password": GOOD_PASSWORD})
    assert signed_in.status == 201
    assert world.call("GET", "/v1/me", token=signed_in.json["token"]).json["id"] == member["id"]
