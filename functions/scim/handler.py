"""/scim/v2, everything that an identity provider calls, and what a staged connection would do."""

from rollcall.http import plan_routes, scim_routes
from rollcall.http.endpoint import by_route

handler = by_route({**scim_routes.ROUTES, **plan_routes.ROUTES})
