"""The untyped edge: what JSON, YAML and AWS hand over before anybody has looked at it."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A parsed JSON or YAML value."""

Event: TypeAlias = dict[str, Any]
"""What Lambda passes to a handler."""
