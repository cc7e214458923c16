"""Discovery: schemas, resource types and the configuration, which agree with what is accepted (RFC 7643, 5 to 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall.scim.discovery import resource_types, service_provider_config
from rollcall.scim.schemas import ENTERPRISE, GROUP, USER, documents

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://rollcall.example/scim/v2"
TYPES = {"string", "boolean", "dateTime", "binary", "reference", "complex"}


def everything(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from everything(one)


def attributes(attribute_list: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for attribute in attribute_list:
        yield attribute
        yield from attributes(attribute.get("subAttributes", []))


def test_behaviour_38_discovery_holds_no_nulls() -> None:
    told = [*documents(BASE), *resource_types(BASE), service_provider_config(BASE)]
    assert not any(value is None for value in everything(told))


def test_behaviour_38_there_are_the_three_schemas_with_where_they_are() -> None:
    assert [(one["id"], one["meta"]["location"]) for one in documents(BASE)] == [
        (urn, f"{BASE}/Schemas/{urn}") for urn in (USER, ENTERPRISE, GROUP)
    ]


def test_every_attribute_tells_all_its_characteristics() -> None:
    for schema in documents(BASE):
        for one in attributes(schema["attributes"]):
            assert one["description"]
            assert one["type"] in TYPES
            assert one["mutability"] in {"readOnly", "readWrite", "immutable", "writeOnly"}
            assert one["returned"] in {"always", "never", "default", "request"}
            assert one["uniqueness"] in {"none", "server", "global"}
            assert all(isinstance(one[name], bool) for name in ("multiValued", "required", "caseExact"))
            assert ("subAttributes" in one) is (one["type"] == "complex")
            assert ("referenceTypes" in one) is (one["type"] == "reference")


@pytest.mark.parametrize(
    ("urn", "required"), [(USER, ["userName", "active"]), (ENTERPRISE, []), (GROUP, ["displayName"])]
)
def test_only_names_and_whether_a_user_is_active_are_required(urn: str, required: list[str]) -> None:
    [schema] = [one for one in documents(BASE) if one["id"] == urn]
    assert [one["name"] for one in schema["attributes"] if one["required"]] == required


def test_resource_types_name_their_schemas_and_places() -> None:
    user, group = resource_types(BASE)
    assert (user["endpoint"], user["schema"], user["id"]) == ("/Users", USER, "User")
    assert user["schemaExtensions"] == [{"schema": ENTERPRISE, "required": False}]
    assert (group["endpoint"], group["schema"]) == ("/Groups", GROUP)
    assert "schemaExtensions" not in group
    assert user["meta"] == {"resourceType": "ResourceType", "location": f"{BASE}/ResourceTypes/User"}


def test_the_configuration_says_what_is_offered() -> None:
    told = service_provider_config(BASE, "https://rollcall.example/docs")
    assert told["documentationUri"] == "https://rollcall.example/docs"
    assert all(told[name]["supported"] is True for name in ("patch", "filter", "sort", "etag"))
    assert all(told[name]["supported"] is False for name in ("bulk", "changePassword"))
    assert told["filter"]["maxResults"] == 200
    assert told["pagination"] == {
        "cursor": True, "index": True, "defaultPaginationMethod": "index",
        "defaultPageSize": 100, "maxPageSize": 200, "cursorTimeout": 3600,
    }  # fmt: skip
    assert [one["type"] for one in told["authenticationSchemes"]] == ["oauthbearertoken"]
