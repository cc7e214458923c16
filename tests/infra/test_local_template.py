"""What the local stack reads out of template.yaml."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from infra.local.cloudformation import TemplateError
from infra.local.filters import matches
from infra.local.template import Route, read_template
from infra.local.when import next_due
from tests.infra.local_toy import TEMPLATE, toy_checkout, write

if TYPE_CHECKING:
    from pathlib import Path


def test_routes_methods_and_the_default_are_read(tmp_path: Path) -> None:
    template = read_template(toy_checkout(tmp_path) / "template.yaml")
    assert Route("GET", "/things/{id}", "EchoFunction") in template.routes
    assert [route.key for route in template.routes if route.path == "$default"] == ["$default"]
    echo = template.functions["EchoFunction"]
    assert (echo.folder, echo.handler, echo.timeout, echo.memory) == (
        tmp_path / "functions/echo",
        "handler.handler",
        7,
        256,
    )


def test_environment_resolves_what_needs_no_deployment(tmp_path: Path) -> None:
    template = read_template(toy_checkout(tmp_path) / "template.yaml")
    assert template.environment == {"GREETING": "hello from us-east-1", "LOUD": "no"}


def test_the_table_becomes_the_arguments_of_create_table(tmp_path: Path) -> None:
    table = read_template(toy_checkout(tmp_path) / "template.yaml").table
    assert table is not None
    assert table.ttl_attribute == "ttl"
    assert table.create["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert set(table.create) == {"AttributeDefinitions", "KeySchema", "BillingMode", "StreamSpecification"}


def test_mappings_and_schedules_are_read_and_disabled_ones_left_out(tmp_path: Path) -> None:
    template = read_template(toy_checkout(tmp_path) / "template.yaml")
    (mapping,) = template.mappings
    assert (mapping.function, mapping.batch_size, mapping.max_retries, mapping.partial) == ("MailFunction", 10, 2, True)
    assert [(one.name, one.expression) for one in template.schedules] == [
        ("TickFunctionOften", "rate(5 minutes)"),
        ("TickFunctionNightly", "cron(0 3 * * ? *)"),
    ]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("rate(5 minutes)", "rate(five minutes)"),
        ('{"prefix": "OUT#"}', '{"wildcard": "OUT*"}'),
        ("CodeUri: functions/echo/", "CodeUrl: functions/echo/"),
        ("Resources:", "Resources: [}"),
    ],
)
def test_a_template_that_would_behave_otherwise_is_refused(tmp_path: Path, good: str, bad: str) -> None:
    write(tmp_path / "template.yaml", TEMPLATE.replace(good, bad))
    with pytest.raises(TemplateError):
        read_template(tmp_path / "template.yaml")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"name": ["INSERT"]}, True),
        ({"name": ["MODIFY", "INSERT"]}, True),
        ({"name": ["MODIFY"]}, False),
        ({"name": ["INSERT"], "key": {"S": [{"prefix": "OUT#"}]}}, True),
        ({"key": {"S": [{"prefix": "T#"}]}}, False),
        ({"key": {"S": [{"anything-but": ["OUT#1"]}]}}, False),
        ({"key": {"S": [{"suffix": "1"}]}}, True),
        ({"gone": [{"exists": False}]}, True),
        ({"gone": ["x"]}, False),
        ({"name": {"deeper": ["x"]}}, False),
    ],
)
def test_filters_judge_like_lambda(pattern: dict[str, object], expected: bool) -> None:
    assert matches(pattern, {"name": "INSERT", "key": {"S": "OUT#1"}}) is expected


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("rate(1 minute)", "2026-02-27T10:31:30"),
        ("rate(2 hours)", "2026-02-27T12:30:30"),
        ("cron(0/15 * * * ? *)", "2026-02-27T10:45:00"),
        ("cron(0 3 * * ? *)", "2026-02-28T03:00:00"),
        ("cron(30 10 ? * MON-WED *)", "2026-03-02T10:30:00"),
        ("cron(0 0 29 FEB ? *)", "2028-02-29T00:00:00"),
    ],
)
def test_the_next_turn_of_a_schedule_is_found(expression: str, due: str) -> None:
    now = datetime(2026, 2, 27, 10, 30, 30, tzinfo=UTC).timestamp()
    assert next_due(expression, now) == datetime.fromisoformat(f"{due}+00:00").timestamp()


def test_a_cron_that_never_comes_is_never_due() -> None:
    assert next_due("cron(0 0 * * ? 1990)", 1.8e9) == float("inf")
