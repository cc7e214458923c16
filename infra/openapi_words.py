"""The words that schemas of answers are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from infra.openapi_schemas import Schema


def record(description: str, optional: Schema | None = None, /, **properties: Schema) -> Schema:
    """Return the schema of an object in an answer; all of `properties` are always there."""
    return {
        "type": "object",
        "description": description,
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
    }


def ref(name: str) -> Schema:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(name: str, counted: str) -> Schema:
    """Return the schema of a page of a list."""
    return record(
        f"A page of {name.lower()}s.",
        data={"type": "array", "items": ref(name)},
        next_cursor={"type": ["string", "null"], "description": "The `cursor` of the next page; null on the last one."},
        total={"type": "integer", "minimum": 0, "description": counted},
    )


WORD: Final[Schema] = {"type": "string"}
TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time", "pattern": "Z$"}
MOMENT_OR_NULL: Final[Schema] = {**MOMENT, "type": ["string", "null"]}
EMAIL: Final[Schema] = {"type": "string", "format": "email"}
EMAIL_OR_NULL: Final[Schema] = {**EMAIL, "type": ["string", "null"]}
FLAG: Final[Schema] = {"type": "boolean"}
VERSION: Final[Schema] = {"type": "integer", "minimum": 1, "description": "What the ETag says; one more per change."}
