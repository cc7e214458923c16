"""The team's name, settings and products, and the transfer of its ownership: one route each, see http/team_routes."""

from rollcall.http.endpoint import by_route
from rollcall.http.team_routes import ROUTES

handler = by_route(ROUTES)
