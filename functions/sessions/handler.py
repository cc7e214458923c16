"""/v1/sessions, and those of a member: one route each, see http/session_routes."""

from rollcall.http.endpoint import by_route
from rollcall.http.session_routes import ROUTES

handler = by_route(ROUTES)
