"""The emulated AWS: never the real one, whole under threads, its stream delivered, its letters and time shown."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.dynamodb.models import dynamodb_backends

from infra.local.aws import TABLE_NAME, RealEndpoint
from infra.local.stack import Stack
from tests.infra.local_toy import module_of, toy_checkout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = ("host", "127.0.0.1:8000")


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def stack(tmp_path: Path, reports: list[str]) -> Iterator[Stack]:
    with Stack(toy_checkout(tmp_path), report=reports.append) as stack:
        yield stack


def mails(stack: Stack, query: str = "") -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = stack.call("GET", f"/_dev/mail?format=json{query}", [HOST]).json()["data"]
    return data


def test_a_real_endpoint_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamodb.eu-west-1.amazonaws.com")
    with pytest.raises(RealEndpoint, match="AWS_ENDPOINT_URL_DYNAMODB"):
        Stack(toy_checkout(tmp_path))


def test_nothing_of_the_developers_aws_account_is_used_and_all_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    with Stack(toy_checkout(tmp_path)):
        assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} & os.environ.keys()
        assert os.environ["TABLE_NAME"] == TABLE_NAME
        names = {"LINK_KEYS": "link", "SIGNING_KEYS": "signing", "CONNECTION_KEYS": "connection"}
        files = {variable: tmp_path / f".dev/{name}-keys.json" for variable, name in names.items()}
        for variable, file in files.items():
            assert os.environ[variable] == f"file:{file}"
            assert json.loads(file.read_text())["previous"] is None
            assert file.stat().st_mode & 0o777 == 0o600
        assert len({file.read_text() for file in files.values()}) == 3
    assert os.environ["AWS_PROFILE"] == "production"
    assert "TABLE_NAME" not in os.environ


def test_the_table_is_the_templates(stack: Stack) -> None:
    client = boto3.client("dynamodb")
    assert stack.template.table is not None
    description = client.describe_table(TableName=TABLE_NAME)["Table"]
    assert description["KeySchema"] == stack.template.table.create["KeySchema"]
    expiry = client.describe_time_to_live(TableName=TABLE_NAME)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "ttl")


def test_eight_threads_of_conditional_transactions_lose_nothing(stack: Stack) -> None:
    statuses: list[int] = []

    def add(thread: int) -> None:
        statuses.extend(stack.call("POST", f"/add?key=sum&name=n{thread}-{turn}").status for turn in range(25))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [204] * 200
    assert stack.call("GET", "/read?key=sum").json()["item"]["n"] == {"N": "200"}
    assert boto3.client("dynamodb").scan(TableName=TABLE_NAME, Select="COUNT")["Count"] == 201


def test_a_cancelled_transaction_leaves_rows_and_stream_as_they_were(stack: Stack) -> None:
    client = boto3.client("dynamodb")
    row = {"PK": {"S": "OUT#kept"}, "SK": {"S": "-"}}
    client.put_item(TableName=TABLE_NAME, Item=row | {"n": {"N": "1"}})
    change = {
        "TableName": TABLE_NAME,
        "Key": row,
        "UpdateExpression": "SET n = :two",
        "ExpressionAttributeValues": {":two": {"N": "2"}},
    }
    new = {"TableName": TABLE_NAME, "Item": {"PK": {"S": "OUT#new"}, "SK": {"S": "-"}}}
    guard = {
        "TableName": TABLE_NAME,
        "Key": {"PK": {"S": "missing"}, "SK": {"S": "-"}},
        "ConditionExpression": "attribute_exists(PK)",
    }
    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[{"Update": change}, {"Put": new}, {"ConditionCheck": guard}])
    assert client.get_item(TableName=TABLE_NAME, Key=row)["Item"]["n"] == {"N": "1"}
    assert client.scan(TableName=TABLE_NAME, Select="COUNT")["Count"] == 1
    stack.drain()
    client.put_item(TableName=TABLE_NAME, Item={"PK": {"S": "OUT#later"}, "SK": {"S": "-"}})
    stack.drain()
    assert [key for key, _ in module_of("MailFunction").seen] == ["OUT#kept", "OUT#later"]


def test_an_update_leaves_every_copy_of_the_row_as_it_was(stack: Stack) -> None:
    client = boto3.client("dynamodb")
    key = {"PK": {"S": "p"}, "SK": {"S": "s"}}
    deep = {
        "m": {"M": {"in": {"L": [{"N": "1"}, {"M": {"x": {"NULL": True}}}]}}},
        "s": {"SS": ["a", "b"]},
        "b": {"B": b"\0"},
    }
    client.put_item(TableName=TABLE_NAME, Item=key | deep)
    table = dynamodb_backends["123456789012"]["us-east-1"].tables[TABLE_NAME]
    (kept,) = (row for rows in table.items.values() for row in rows.values())
    told = kept.to_json()
    client.update_item(
        TableName=TABLE_NAME,
        Key=key,
        UpdateExpression="SET m.#i[0] = m.#i[0] + :one, m.#n = :one REMOVE b DELETE s :a",
        ExpressionAttributeNames={"#i": "in", "#n": "new"},
        ExpressionAttributeValues={":one": {"N": "1"}, ":a": {"SS": ["a"]}},
    )
    assert kept.to_json() == told
    now = client.get_item(TableName=TABLE_NAME, Key=key)["Item"]
    changed = {"in": {"L": [{"N": "2"}, {"M": {"x": {"NULL": True}}}]}, "new": {"N": "1"}}
    assert now == key | {"m": {"M": changed}, "s": {"SS": ["b"]}}
    assert stack.template.table


@pytest.mark.usefixtures("stack")
def test_a_query_finds_its_partition_in_order_by_key_and_by_index() -> None:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="other",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in ("PS", "NN", "XS")],
        KeySchema=_keyed("P", "N"),
        GlobalSecondaryIndexes=[
            {"IndexName": "by-x", "KeySchema": _keyed("X", "N"), "Projection": {"ProjectionType": "ALL"}}
        ],
    )
    for number in (10, 9, -1):
        for name in "ba":
            row = {"P": {"S": name}, "N": {"N": str(number)}} | ({"X": {"S": "x"}} if number > 0 else {})
            client.put_item(TableName="other", Item=row)
    assert _found("P = :v", "b") == [("b", "-1"), ("b", "9"), ("b", "10")]
    assert _found("P = :v", "b", ScanIndexForward=False, Limit=2) == [("b", "10"), ("b", "9")]
    after = {"P": {"S": "b"}, "N": {"N": "-1"}}
    assert _found("P = :v", "b", ExclusiveStartKey=after) == [("b", "9"), ("b", "10")]
    assert _found("P = :v", "none") == _found("X = :v", "none", IndexName="by-x") == []
    assert sorted(_found("X = :v", "x", IndexName="by-x")) == [("a", "10"), ("a", "9"), ("b", "10"), ("b", "9")]
    assert [number for _, number in _found("X = :v", "x", IndexName="by-x")] == ["9", "9", "10", "10"]
    rows = client.scan(TableName="other")["Items"]
    assert [(row["P"]["S"], row["N"]["N"]) for row in rows[:4]] == [("a", "-1"), ("a", "9"), ("a", "10"), ("b", "-1")]


@pytest.mark.usefixtures("stack")
def test_a_table_whose_partitions_are_rows_works_too() -> None:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="other",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "P", "AttributeType": "S"}],
        KeySchema=_keyed("P", "")[:1],
    )
    for name in "ab":
        client.put_item(TableName="other", Item={"P": {"S": name}, "N": {"N": "1"}})
    raised = {"UpdateExpression": "ADD N :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}
    client.update_item(TableName="other", Key={"P": {"S": "b"}}, **raised)
    assert [_found("P = :v", name) for name in "abc"] == [[("a", "1")], [("b", "2")], []]
    assert [row["P"]["S"] for row in client.scan(TableName="other")["Items"]] == ["a", "b"]


def _keyed(partition: str, row: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": row, "KeyType": "RANGE"}]


def _found(condition: str, value: str, **more: Any) -> list[tuple[str, str]]:
    values = {":v": {"S": value}}
    told = boto3.client("dynamodb").query(
        TableName="other", KeyConditionExpression=condition, ExpressionAttributeValues=values, **more
    )
    return [(row["P"]["S"], row["N"]["N"]) for row in told["Items"]]


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("SET a = :one SET c = :one", 'The "SET" section can only be used once'),
        ("SET a = :one, a = :one", "Two document paths overlap"),
        ("SET SK = :one", "This attribute is part of the key"),
        ("SET a = nothing + :one", "attribute that does not exist"),
        ("SET a = :one + :two", "attribute value used in expression is not defined"),
        ("SET a :one", "Syntax error"),
    ],
)
@pytest.mark.usefixtures("stack")
def test_an_update_that_is_none_is_refused_each_time(expression: str, complaint: str) -> None:
    client = boto3.client("dynamodb")
    key = {"PK": {"S": "p"}, "SK": {"S": "s"}}
    client.put_item(TableName=TABLE_NAME, Item=key)
    for _ in range(2):
        with pytest.raises(client.exceptions.ClientError, match=complaint):
            client.update_item(
                TableName=TABLE_NAME,
                Key=key,
                UpdateExpression=expression,
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
    assert client.get_item(TableName=TABLE_NAME, Key=key)["Item"] == key


def test_the_stream_delivers_what_the_filter_names_in_order_and_once(stack: Stack) -> None:
    for key in ("OUT%231", "T%231", "OUT%232", "OUT%231"):
        stack.call("POST", f"/write?key={key}")
    stack.drain()
    stack.drain()
    seen = module_of("MailFunction").seen
    assert [key for key, _ in seen] == ["OUT#1", "OUT#2"]
    record = seen[0][1]
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"].endswith(f":table/{TABLE_NAME}/stream/{record['eventSourceARN'].split('/')[-1]}")
    assert record["dynamodb"]["NewImage"]["blob"] == {"B": "YWJj"}
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)


def test_a_failed_item_is_retried_then_buried_and_the_rest_keeps_its_order(stack: Stack, reports: list[str]) -> None:
    stack.call("POST", "/write?key=OUT%230")
    stack.drain()
    mail = module_of("MailFunction")
    mail.seen.clear()
    mail.failing.add("OUT#2")
    for number in range(1, 5):
        stack.call("POST", f"/write?key=OUT%23{number}")
    stack.drain()
    assert [key for key, _ in mail.seen] == ["OUT#1", "OUT#2", "OUT#2", "OUT#2", "OUT#3", "OUT#4"]
    assert [record["dynamodb"]["Keys"]["PK"]["S"] for record in stack.stream.dead_letters] == ["OUT#2"]
    assert reports == ["MailFunction: dead letter after 2 retries: OUT#2/-"]


def test_delivered_records_are_forgotten(stack: Stack) -> None:
    for number in range(3):
        stack.call("POST", f"/write?key=OUT%23{number}")
    stack.drain()
    shard = dynamodb_backends["123456789012"]["us-east-1"].tables[TABLE_NAME].stream_shard
    assert shard is not None
    assert shard.items == []
    stack.call("POST", "/write?key=OUT%239")
    stack.drain()
    assert len(module_of("MailFunction").seen) == 4


def test_the_mailbox_decodes_every_transfer_encoding(stack: Stack) -> None:
    for name in ("one", "two"):
        stack.call("POST", f"/write?key=OUT%23{name}")
    stack.drain()
    first, second = mails(stack)
    assert set(first) == {"id", "to", "subject", "text", "html", "links", "received_at"}
    assert (first["to"], first["subject"]) == ("zoe@example.com", "Zoë ✓")
    assert first["text"].startswith("Grüße! See http")
    assert first["html"] == "<p>Grüße</p>\n"
    assert first["links"] == ["http://127.0.0.1:8000/i/one"]
    assert second["links"] == ["http://127.0.0.1:8000/i/two"]
    assert len(mails(stack, "&to=ZOE@example.com")) == 2
    assert mails(stack, "&to=oe@example.com") == []


def test_the_mailbox_pages_show_newest_first_and_frame_the_letter(stack: Stack) -> None:
    stack.call("POST", "/write?key=OUT%23one")
    stack.drain()
    (mail,) = mails(stack)
    listed = stack.call("GET", "/_dev/mail", [HOST])
    assert f"/_dev/mail/{mail['id']}" in listed.body.decode()
    page = stack.call("GET", f"/_dev/mail/{mail['id']}", [HOST])
    text = page.body.decode()
    assert '<a href="http://127.0.0.1:8000/i/one">' in text
    assert 'sandbox="allow-popups' in text
    assert "Content-Transfer-Encoding: quoted-printable" in text
    assert "script" not in (page.header("content-security-policy") or "")
    assert page.route == "/_dev/mail/{id}"
    assert stack.call("GET", "/_dev/mail/none", [HOST]).status == 404


def test_moving_the_clock_fires_what_fell_due_before_it_answers(stack: Stack, reports: list[str]) -> None:
    body = json.dumps({"advance_seconds": 299}).encode()
    assert stack.call("POST", "/_dev/clock", [HOST], body).json()["fired"] in ([], ["TickFunctionNightly"])
    answer = stack.call("POST", "/_dev/clock", [HOST], b'{"advance_seconds": 2}').json()
    assert "TickFunctionOften" in answer["fired"]
    often = [event for event in module_of("TickFunction").fired if event["source"] == "aws.scheduler"]
    assert len(often) == 1
    assert often[0]["detail"] == "{}"
    assert often[0]["time"].endswith("Z")
    assert answer["offset_seconds"] == 301
    assert os.environ["CLOCK_OFFSET_SECONDS"] == "301"
    assert stack.call("GET", "/_dev/clock", [HOST]).json()["offset_seconds"] == 301
    reports.clear()
    assert sorted(stack.advance(86_400)) == ["TickFunctionNightly", "TickFunctionOften"]
    assert "RuntimeError: nightly is broken" in reports[0]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", *(b'{"advance_seconds": %s}' % bad for bad in (b'"1"', b"true", b"-1", b"NaN", b"1e99"))],
)
def test_a_bad_clock_request_is_a_400_and_moves_nothing(stack: Stack, body: bytes) -> None:
    answer = stack.call("POST", "/_dev/clock", [HOST], body)
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert os.environ["CLOCK_OFFSET_SECONDS"] == "0"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("host", "evil.example")],
        [("host", "127.0.0.1.evil.example")],
        [("host", "[")],
        [HOST, ("sec-fetch-site", "cross-site")],
    ],
)
def test_development_pages_answer_to_this_machine_only(stack: Stack, headers: list[tuple[str, str]]) -> None:
    assert stack.call("GET", "/_dev/mail?format=json", headers).status == 403


def test_development_pages_answer_to_every_name_of_loopback(stack: Stack) -> None:
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert stack.call("GET", "/_dev/mail", [("host", host), ("sec-fetch-site", "none")]).status == 200
    assert stack.call("DELETE", "/_dev/mail", [HOST]).status == 405
    assert stack.call("GET", "/_dev/else", [HOST]).status == 404
