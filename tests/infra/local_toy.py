"""A toy checkout for the tests of the local stack: a template, a few functions and one shared package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: { Type: String, Default: hello }
  Needed: { Type: String }
Conditions:
  Loud: !Equals [!Ref Greeting, HELLO]
Globals:
  Function:
    Handler: handler.handler
    Timeout: 7
    MemorySize: 256
    Environment:
      Variables:
        TABLE_NAME: !Ref Table
        GREETING: !Sub "${Greeting} from ${AWS::Region}"
        LOUD: !If [Loud, "yes", "no"]
        ONLY_DEPLOYED: !Ref Needed
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - { AttributeName: PK, AttributeType: S }
        - { AttributeName: SK, AttributeType: S }
      KeySchema:
        - { AttributeName: PK, KeyType: HASH }
        - { AttributeName: SK, KeyType: RANGE }
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/echo/
      Events:
        Literal: { Type: HttpApi, Properties: { Method: GET, Path: /things/special } }
        One: { Type: HttpApi, Properties: { Method: GET, Path: "/things/{id}" } }
        Post: { Type: HttpApi, Properties: { Method: POST, Path: "/things/{id}" } }
        Head: { Type: HttpApi, Properties: { Method: HEAD, Path: /things/special } }
        Greedy: { Type: HttpApi, Properties: { Method: GET, Path: "/things/{proxy+}" } }
        Link: { Type: HttpApi, Properties: { Method: GET, Path: "/i/{token}" } }
        Default: { Type: HttpApi }
  ReplyFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/reply/
      Events:
        Post: { Type: HttpApi, Properties: { Method: POST, Path: /reply } }
        Boom: { Type: HttpApi, Properties: { Method: GET, Path: /boom } }
  WriteFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/write/
      Events:
        Post: { Type: HttpApi, Properties: { Method: POST, Path: /write } }
        Add: { Type: HttpApi, Properties: { Method: POST, Path: /add } }
        Get: { Type: HttpApi, Properties: { Method: GET, Path: /read } }
  MailFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/mail/
      Events:
        Outbox:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 10
            MaximumRetryAttempts: 2
            FunctionResponseTypes: [ReportBatchItemFailures]
            FilterCriteria:
              Filters:
                - Pattern: '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "OUT#"}]}}}}'
  TickFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/tick/
      Events:
        Often: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(5 minutes) } }
        Nightly: { Type: Schedule, Properties: { Schedule: "cron(0 3 * * ? *)" } }
        Off: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 minute), State: DISABLED } }
"""

FUNCTIONS = {
    "echo": """
        import json
        from toykit import WORD
        def handler(event, context):
            left = context.get_remaining_time_in_millis()
            return {"event": event, "word": WORD, "left": left, "id": context.aws_request_id}
    """,
    "reply": """
        import json
        def handler(event, context):
            if event["rawPath"] == "/boom":
                raise ValueError("no such luck")
            return json.loads(event["body"])["reply"]
    """,
    "write": """
        import boto3, json, os, time
        table = boto3.client("dynamodb")
        def put(key, name, attempts=30):
            where = {"TableName": os.environ["TABLE_NAME"], "Key": {"PK": {"S": key}, "SK": {"S": "-"}}}
            for _ in range(attempts):
                seen = table.get_item(**where, ConsistentRead=True).get("Item", {}).get("n", {"N": "0"})["N"]
                change = {**where, "UpdateExpression": "SET n = :next",
                          "ConditionExpression": "attribute_not_exists(n) OR n = :seen",
                          "ExpressionAttributeValues": {":next": {"N": str(int(seen) + 1)}, ":seen": {"N": seen}}}
                other = {"TableName": os.environ["TABLE_NAME"], "Item": {"PK": {"S": name}, "SK": {"S": "-"}}}
                try:
                    table.transact_write_items(TransactItems=[{"Update": change}, {"Put": other}])
                    return
                except table.exceptions.TransactionCanceledException:
                    continue
            raise RuntimeError("never got through")
        def handler(event, context):
            query = event.get("queryStringParameters", {})
            if event["routeKey"] == "POST /write":
                table.put_item(TableName=os.environ["TABLE_NAME"], Item={
                    "PK": {"S": query["key"]}, "SK": {"S": "-"}, "blob": {"B": b"abc"}})
                return {"statusCode": 204}
            if event["routeKey"] == "POST /add":
                put(query["key"], query["name"])
                return {"statusCode": 204}
            item = table.get_item(TableName=os.environ["TABLE_NAME"], ConsistentRead=True,
                                  Key={"PK": {"S": query["key"]}, "SK": {"S": "-"}}).get("Item")
            return {"item": json.loads(json.dumps(item, default=str))}
    """,
    "mail": """
        import boto3, os
        from email.message import EmailMessage
        seen, failing = [], set()
        def handler(event, context):
            for record in event["Records"]:
                key = record["dynamodb"]["Keys"]["PK"]["S"]
                seen.append((key, record))
                if key in failing:
                    return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
                letter = EmailMessage()
                letter["From"], letter["To"] = os.environ["MAIL_FROM"], "Zoë <zoe@example.com>"
                letter["Subject"] = "Zoë ✓"
                link = f"http://127.0.0.1:8000/i/{key[4:]}"
                letter.set_content(f"Grüße! See {link}. Again: {link}", cte="base64")
                letter.add_alternative("<p>Grüße</p>", subtype="html", cte="quoted-printable")
                boto3.client("sesv2").send_email(FromEmailAddress=os.environ["MAIL_FROM"],
                    Destination={"ToAddresses": ["zoe@example.com"]}, Content={"Raw": {"Data": letter.as_bytes()}})
            return {"batchItemFailures": []}
    """,
    "tick": """
        fired = []
        def handler(event, context):
            fired.append(event)
            if event["source"] == "aws.events":
                raise RuntimeError("nightly is broken")
    """,
}


def toy_checkout(folder: Path) -> Path:
    """Write the toy checkout into a folder and return it."""
    write(folder / "template.yaml", TEMPLATE)
    write(folder / "shared" / "toykit" / "__init__.py", 'WORD = "first"\n')
    for name, code in FUNCTIONS.items():
        lines = code.strip("\n").splitlines()
        write(folder / "functions" / name / "handler.py", "\n".join(line[8:] for line in lines) + "\n")
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def module_of(function: str) -> ModuleType:
    """The loaded module of a toy function, to look at what it recorded."""
    return sys.modules[f"local_function_{function}"]


def eventually(check: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something becomes true."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "did not come true"
        time.sleep(0.02)


@contextmanager
def running(root: Path, *arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run the stack as `make dev` does, and end it, whatever the test did."""
    process = start(root, *arguments, **environment)
    try:
        described = root / ".dev" / "stack.json"
        eventually(lambda: described.exists() or process.poll() is not None, 20)
        yield process, json.loads(described.read_text()) if described.exists() else {}
    finally:
        process.kill()
        process.communicate()


def start(root: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "infra.local", "--root", str(root), "--no-seed", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=clean | {"PYTHONPATH": str(ROOT), "PORT": "0"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
