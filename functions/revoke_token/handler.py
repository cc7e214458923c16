"""/v1/tokens but for making one, and those of a member: one route each, see http/token_routes."""

from rollcall.http.endpoint import by_route
from rollcall.http.token_routes import ROUTES

handler = by_route(ROUTES)
