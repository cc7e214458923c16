"""CloudFormation and the bucket it reads from: folders zipped and put there, a stack deployed, what it made."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import TYPE_CHECKING, Final

import boto3

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.local.edges import Json

BUCKET: Final = "rehearsal"
_SECONDS: Final = 120.0


class NotDeployed(Exception):
    """CloudFormation did not make a stack; the message has its reasons."""


def open_bucket() -> None:
    """Make the bucket that everything is deployed from."""
    boto3.client("s3").create_bucket(Bucket=BUCKET)


def upload(built: Path) -> int:
    """Put a zip file of each built folder into the bucket; return how many bytes that were."""
    client = boto3.client("s3")
    folders = {f"{folder.name}.zip": _zipped(folder) for folder in sorted(built.iterdir()) if folder.is_dir()}
    for name, content in folders.items():
        client.put_object(Bucket=BUCKET, Key=name, Body=content)
    return sum(map(len, folders.values()))


def deploy(name: str, template: Json, parameters: Mapping[str, str]) -> dict[str, str]:
    """Make a stack and return its outputs. Raises NotDeployed."""
    s3, client = boto3.client("s3"), boto3.client("cloudformation")
    s3.put_object(Bucket=BUCKET, Key=f"{name}.json", Body=json.dumps(template).encode())
    client.create_stack(
        StackName=name,
        TemplateURL=f"{s3.meta.endpoint_url}/{BUCKET}/{name}.json",  # longer than a request may be
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    deadline = time.monotonic() + _SECONDS
    while True:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
        if stack["StackStatus"] != "CREATE_IN_PROGRESS" or time.monotonic() > deadline:
            raise NotDeployed(f"the stack {name} is {stack['StackStatus']}: {_reasons(client, name)}")
        time.sleep(0.1)


def made(stack: str) -> dict[str, str]:
    """Return the physical id of each resource of a stack, by logical id."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"] for page in pages for one in page["StackResourceSummaries"]
    }


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # it travels no further than this machine
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


def _reasons(client: Json, name: str) -> str:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    told = [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
    ]
    return "; ".join(told) or "no reason given"
