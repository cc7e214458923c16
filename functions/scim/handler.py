"""/scim/v2: everything that an identity provider calls."""

from rollcall.http.endpoint import by_route
from rollcall.http.scim_routes import ROUTES

handler = by_route(ROUTES)
