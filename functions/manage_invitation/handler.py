"""/v1/invitations for those who invite, but for inviting: one route each, see http/invitation_routes."""

from rollcall.http.endpoint import by_route
from rollcall.http.invitation_routes import ROUTES

handler = by_route(ROUTES)
