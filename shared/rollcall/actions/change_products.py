"""Set which products a member may open (M6)."""

from dataclasses import dataclass

from rollcall.actions.call import Call
from rollcall.actions.targets import target
from rollcall.domain import membership
from rollcall.domain.errors import Flaw, Invalid
from rollcall.domain.members import Member
from rollcall.domain.teams import ProductAccess
from rollcall.domain.text import AllProducts, ProductKeys


@dataclass(frozen=True, slots=True)
class NewAccess:
    """`{"all": true}`, or `{"only": [keys]}`; an empty list opens no product."""

    all: AllProducts | None = None
    only: ProductKeys | None = None


def change_products(call: Call, member_id: str | None, wanted: NewAccess) -> Member:
    """Change the access; the role stays."""
    if (wanted.all is None) == (wanted.only is None):
        raise Invalid(Flaw("/all" if wanted.all else "/only", 'Send {"all": true} or {"only": [product keys]}.'))
    access = ProductAccess(None if wanted.only is None else frozenset(wanted.only))
    unknown = sorted((access.only or frozenset()) - call.team.products.keys())
    if unknown:
        raise Invalid(Flaw("/only", f"The team has no product {', '.join(unknown)}."))
    member = target(call, member_id)
    change, after = membership.change_products(member, access, call.actor)
    call.commit(change, after)
    return after
