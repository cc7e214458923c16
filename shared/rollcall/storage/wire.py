"""Answers of the table as they come: items stay the JSON that they are on the wire, which is what PynamoDB takes.

botocore walks through every value of every attribute to turn it into the very same dicts, about five microseconds each:
half the CPU of a page of a hundred members. Only binary values would need it, and there are none in the table.
"""

from typing import Any

from botocore.model import Shape
from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory
from botocore.session import Session

VALUE = "AttributeValue"


class _Items(JSONParser):  # type: ignore[misc]  # botocore has no types
    """Parses answers but for the items in them."""

    def _handle_map(self, shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
        if getattr(shape, "value", None) is not None and shape.value.name == VALUE:
            return value
        parsed: dict[str, Any] = super()._handle_map(shape, value)
        return parsed


class _Factory(ResponseParserFactory):  # type: ignore[misc]  # as above
    """Makes that parser for DynamoDB's protocol, and botocore's own for others."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        if protocol_name == "json":
            return _Items(**self._defaults)
        return super().create_parser(protocol_name)


def install(session: Session) -> None:
    """Let the clients that this session makes from now on leave items as they are."""
    session.register_component("response_parser_factory", _Factory())
