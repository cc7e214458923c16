"""What owners and admins see of provisioning and of SSO: see http/{connection,domain,provisioning,sso}_routes."""

from rollcall.http import connection_routes, domain_routes, provisioning_routes, sso_routes
from rollcall.http.endpoint import by_route

handler = by_route(
    {**connection_routes.ROUTES, **domain_routes.ROUTES, **provisioning_routes.ROUTES, **sso_routes.ROUTES}
)
