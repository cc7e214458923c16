"""The operator's command: create a team with its first owner, who is mailed a link to set a password (T1).

Against AWS it finds the table by the stack's outputs and needs the operator's own credentials. With `--local` it asks
the stack that `make dev` runs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

STACK_FILE = Path(".dev/stack.json")
PRODUCT = re.compile(r"([a-z][a-z0-9-]{1,31})=(.{1,100})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the team was made, 1 with a sentence when it was not."""
    asked = _parser().parse_args(arguments)
    wanted: dict[str, object] = {
        "slug": asked.slug,
        "name": asked.name,
        "owner_email": asked.owner_email,
        "owner_name": asked.owner_name,
        "products": dict(asked.product),
    }
    try:
        told = _locally(wanted) if asked.local else _in_aws(wanted, asked.stack)
    except (ValueError, OSError) as error:
        print(f"No team was created: {error}", file=sys.stderr)
        return 1
    print(f"Created team {told['slug']} ({told['team']}); a set-password link goes to {told['owner_email']}.")
    return 0


def create(wanted: dict[str, object]) -> dict[str, str]:
    """Create the team in the table that the environment names. Raises ValueError with a sentence."""
    # Imported here: the storage room reads the table's name when it is imported.
    from rollcall import clock  # noqa: PLC0415
    from rollcall.actions.create_team import TeamOrder, create_team, order  # noqa: PLC0415
    from rollcall.domain.errors import Invalid, RollcallError  # noqa: PLC0415
    from rollcall.http.bodies import fill  # noqa: PLC0415
    from rollcall.http.schedule import system_call  # noqa: PLC0415

    products = wanted.get("products") or {}
    if not isinstance(products, dict) or not all(PRODUCT.fullmatch(f"{key}={name}") for key, name in products.items()):
        raise ValueError("products are given as key=Name, the key in lower case.")
    try:
        asked = fill(TeamOrder, {name: value for name, value in wanted.items() if name != "products"})
        team, owner = create_team(system_call(clock.now()), order(asked, products))
    except Invalid as error:
        raise ValueError("; ".join(f"{flaw.pointer.strip('/')}: {flaw.detail}" for flaw in error.flaws)) from error
    except RollcallError as error:
        raise ValueError(error.detail) from error
    return {"team": team.id, "slug": team.slug, "owner": owner.id, "owner_email": owner.email}


def _in_aws(wanted: dict[str, object], stack: str) -> dict[str, str]:
    if "TABLE_NAME" not in os.environ:
        os.environ["TABLE_NAME"] = table_of(stack)
    return create(wanted)


def table_of(stack: str) -> str:
    """Return the name of a deployed stack's table. Raises ValueError with a sentence."""
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        described = boto3.client("cloudformation").describe_stacks(StackName=stack)
    except (BotoCoreError, ClientError) as error:
        raise ValueError(f"the stack {stack} cannot be read: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Stacks"][0]["Outputs"]}
    return str(outputs["TableName"])


def _locally(wanted: dict[str, object]) -> dict[str, str]:
    if not STACK_FILE.exists():
        raise ValueError("the local stack is not running: start it with `make dev`.")
    base_url = json.loads(STACK_FILE.read_text("utf-8"))["base_url"]
    request = urllib.request.Request(  # noqa: S310 the stack's own address, on this machine
        f"{base_url}/_dev/teams", json.dumps(wanted).encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 as above
            told: dict[str, str] = json.load(answer)
    except urllib.error.HTTPError as error:
        raise ValueError(json.load(error)["detail"]) from error
    return told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="create_team", description=__doc__)
    parser.add_argument("--slug", required=True, help="the team's name in addresses: a-z, 0-9 and hyphens")
    parser.add_argument("--name", required=True, help="the team's name for people")
    parser.add_argument("--owner-email", required=True)
    parser.add_argument("--owner-name", required=True)
    parser.add_argument("--product", action="append", default=[], type=_product, help="key=Name; once for each")
    parser.add_argument("--stack", default="rollcall", help="the CloudFormation stack")
    parser.add_argument("--local", action="store_true", help="in the stack that `make dev` runs")
    return parser


def _product(text: str) -> tuple[str, str]:
    match = PRODUCT.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError("give key=Name, the key in lower case")
    return match[1], match[2]


if __name__ == "__main__":
    sys.exit(main())
