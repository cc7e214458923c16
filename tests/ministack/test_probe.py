import sys
sys.path[:0]=["/work/main","/work/main/shared"]
from tests.ministack.test_member_list import *
def test_probe(founded):
    t=founded(MANY); t.walk("/v1/members?limit=1&role=owner")
    for q in ("limit=50","limit=50&status=all","status=deactivated&limit=1","status=deactivated&limit=150","status=deactivated&limit=10","limit=1","limit=200"):
        w=t.walk("/v1/members?"+q); print(q,len(w.rows),w.totals,w.pages,w.round_trips)
    assert 0
