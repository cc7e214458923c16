"""/v1/members/{id}/grants and /v1/team/products/{key}/service-tokens: one route each, see http/grant_routes."""

from rollcall.http.endpoint import by_route
from rollcall.http.grant_routes import ROUTES

handler = by_route(ROUTES)
