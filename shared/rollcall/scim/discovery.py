"""What the service says of itself: ServiceProviderConfig and ResourceTypes (RFC 7643, sections 5 and 6; RFC 9865)."""

from typing import Any

from rollcall.scim.lists import DEFAULT_COUNT, GREATEST_COUNT
from rollcall.scim.schemas import ENTERPRISE, GROUP, USER

CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
CURSOR_SECONDS = 3600


def service_provider_config(base_url: str, documentation: str | None = None) -> dict[str, Any]:
    """Return what of the protocol is offered; `base_url` ends before `/ServiceProviderConfig`."""
    return {
        "schemas": [CONFIG],
        **({} if documentation is None else {"documentationUri": documentation}),
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": GREATEST_COUNT},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": DEFAULT_COUNT,
            "maxPageSize": GREATEST_COUNT,
            "cursorTimeout": CURSOR_SECONDS,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A SCIM token that an owner of the team made, as Authorization: Bearer.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base_url}/ServiceProviderConfig"},
    }


def resource_types(base_url: str) -> list[dict[str, Any]]:
    """Return the kinds of resources; `base_url` ends before `/ResourceTypes`."""
    extensions = [{"schema": ENTERPRISE, "required": False}]
    return [
        _resource_type(base_url, "User", "People who are members of the team.", USER, {"schemaExtensions": extensions}),
        _resource_type(base_url, "Group", "Groups of members, which may be mapped to roles.", GROUP, {}),
    ]


def _resource_type(base_url: str, name: str, description: str, schema: str, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "schemas": [RESOURCE_TYPE],
        "id": name,
        "name": name,
        "endpoint": f"/{name}s",
        "description": description,
        "schema": schema,
        **more,
        "meta": {"resourceType": "ResourceType", "location": f"{base_url}/ResourceTypes/{name}"},
    }
