"""/v1/tokens but for making one, those of a member, and reports of leaked ones: see http/token_routes."""

from rollcall.http.endpoint import by_route
from rollcall.http.token_routes import ROUTES

handler = by_route(ROUTES)
