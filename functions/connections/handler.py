"""What owners and admins see of provisioning: see http/connection_routes and http/domain_routes."""

from rollcall.http import connection_routes, domain_routes
from rollcall.http.endpoint import by_route

handler = by_route({**connection_routes.ROUTES, **domain_routes.ROUTES})
