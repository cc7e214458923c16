"""What owners and admins see of provisioning: SCIM tokens and the role mapping; see http/connection_routes."""

from rollcall.http.connection_routes import ROUTES
from rollcall.http.endpoint import by_route

handler = by_route(ROUTES)
