"""/v1/tokens but for making one, /v1/sessions, those of a member, and reports of leaked ones: see http/*_routes."""

from rollcall.http import session_routes, token_routes
from rollcall.http.endpoint import by_route

handler = by_route({**token_routes.ROUTES, **session_routes.ROUTES})
