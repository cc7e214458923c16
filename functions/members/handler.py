"""GET /v1/members and /v1/members/{id}, GET and PATCH /v1/me: one route each, see http/member_routes."""

from rollcall.http.endpoint import by_route
from rollcall.http.member_routes import ROUTES

handler = by_route(ROUTES)
