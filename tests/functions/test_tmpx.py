from tests.kit import World
def test_x(world: World) -> None:
    for q in ("status=deactivated","status=all","status=all&limit=200","status=active", "status=deactivated&limit=200", "role=admin"):
        a = world.call("GET", f"/v1/members?{q}", token=world.acme.owner.pat)
        print("@@", q, a.json["total"], len(a.json["data"]), [m["status"] for m in a.json["data"]].count("deactivated"), a.json["next_cursor"])
