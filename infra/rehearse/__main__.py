"""`make rehearse`: deploy a built template to a MiniStack of its own, play an invitation there, end everything."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import aws
from infra.local.mailbox import Mailbox
from infra.local.ministack_backend import MiniStackBackend, NoMiniStack
from infra.local.stack import ROOT
from infra.rehearse import everything, expand, play, remedies, stacks, tour
from infra.rehearse.play import Scene
from infra.rehearse.told import Wrong, complain, expect, say, step
from infra.rehearse.wire import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.edges import Json

STACK: Final = "rollcall-rehearsal"
DOMAIN: Final = "rollcall.example"
PARAMETERS: Final = {
    "Stage": "rehearsal",
    "PublicBaseUrl": f"https://{DOMAIN}",
    "MailFrom": f"no-reply@{DOMAIN}",
    "SesIdentity": DOMAIN,
}
HONEST: Final = f"""\
The built template on MiniStack, which is not AWS: the layer holds wheels for this machine ({platform.machine()}),
functions run under MiniStack's Python, roles are enforced by action and resource but not by key (LeadingKeys), a batch
of a stream fails as a whole or not at all, and nothing is throttled.
"""
_ENFORCING: Final = {"AUTH": "true"}
_PREFIX: Final = "rollcall-rehearsal-"
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 only a private folder is made in it
_ROOM_BYTES: Final = 6_000_000_000  # it takes a quarter of that; the machine needs the rest
_ALARMING: Final = r'"level":"(WARNING|ERROR|CRITICAL)"|"status":5|Task timed out|Traceback'
_LAST_WORDS: Final = 20


def main() -> int:
    """Rehearse; 0 when all of it came out, 1 with what did not."""
    built = _built()
    say(HONEST)
    started = time.monotonic()
    signal.signal(signal.SIGTERM, _end)
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=_roomy()) as folder:
        log = Path(folder) / "ministack.log"
        try:
            with _ministack(Path(folder)) as backend, _logged():
                _rehearse(built, backend)
        except (Wrong, NoMiniStack, stacks.NotDeployed, BotoCoreError, ClientError, OSError) as error:
            complain(f"\nThe rehearsal failed: {error}")
            complain("\n".join(log.read_text("utf-8").splitlines()[-_LAST_WORDS:]) if log.exists() else "")
            return 1
    say(f"\nAll of it came out, in {time.monotonic() - started:.0f} s.")
    return 0


def _end(*_: object) -> None:
    """End everything and remove it, once: a second signal must not cut that short."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(1)


def _rehearse(built: Path, backend: MiniStackBackend) -> None:
    _told_gaps()
    template = _expanded(built)
    outputs = _deployed(built, template)
    api = Api(backend.endpoint, outputs["ApiUrl"])
    scene = Scene(api, Mailbox(backend), STACK, outputs)
    parts = play.play(scene)
    everything.start_all(api, everything.routes(template).values(), stacks.made(STACK))
    tour.tour(scene, parts)
    play.on_schedule(scene)


def _told_gaps() -> None:
    """Say which of the emulator's gaps are worked around, and which remedy has become needless."""
    stacks.open_bucket()
    with step("a small stack shows the emulator's gaps"):
        needed = remedies.needed()
    for name, why in remedies.WHY.items():
        say(f"     worked around: {why}" if name in needed else f"     NO LONGER NEEDED, delete the remedy: {why}")


def _expanded(built: Path) -> Json:
    """Return the template as CloudFormation would see it, SAM's transform done."""
    python = Path(os.environ["MINISTACK_BIN"]).with_name("python")
    arguments = [str(built), stacks.BUCKET, json.dumps(PARAMETERS)]
    with step("SAM's transform") as row:
        done = subprocess.run(
            [str(python), "-I", expand.__file__, *arguments], capture_output=True, text=True, check=False
        )
        expect(true=done.returncode == 0, otherwise=done.stderr)
        template: Json = json.loads(done.stdout)
        row.note = f"{len(template['Resources'])} resources"
    return template


def _deployed(built: Path, template: Json) -> dict[str, str]:
    """Upload the code, deploy the template with the remedies, verify the sender; return the stack's outputs."""
    with step("code goes to the bucket") as row:
        row.note = f"{stacks.upload(built) / 1e6:.0f} MB"
    with step("CloudFormation makes the stack") as row:
        mended = remedies.applied(template)
        outputs = stacks.deploy(STACK, mended, PARAMETERS)
        row.note = f"{len(mended['Resources'])} resources"
    made = stacks.made(STACK)
    remedies.switch_on_expiry(template, made)
    boto3.client("sesv2").create_email_identity(EmailIdentity=DOMAIN)
    with step("the table has its stream, its index and expiry"):
        _judge_table(outputs["TableName"])
    return outputs


def _judge_table(name: str) -> None:
    client = boto3.client("dynamodb")
    table = client.describe_table(TableName=name)["Table"]
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    expect(true=table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES", otherwise=table)
    expect(true=[index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["expiry"], otherwise=table)
    expect(true=expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}, otherwise=expiry)


@contextmanager
def _logged() -> Iterator[None]:
    """Tell what the functions logged last, when something goes wrong."""
    try:
        yield
    except Wrong:
        client = boto3.client("logs")
        names = [group["logGroupName"] for group in client.describe_log_groups()["logGroups"]]
        events = [event for name in names for event in client.filter_log_events(logGroupName=name)["events"]]
        wrong = [event for event in events if re.search(_ALARMING, event["message"])]
        for event in sorted(wrong, key=lambda one: one["timestamp"])[-_LAST_WORDS:]:
            complain(event["message"].rstrip())
        raise


def _roomy() -> Path | None:
    """Return a folder in memory if there is room: each function unpacks a layer of thousands of files for itself."""
    for folder in _MEMORY.glob(f"{_PREFIX}*"):  # of a rehearsal that was killed, which could not
        if not Path("/proc", folder.name.removeprefix(_PREFIX).partition("-")[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)
    there = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    return _MEMORY if there else None


def _built() -> Path:
    parser = argparse.ArgumentParser(prog="rehearse", description=__doc__)
    parser.add_argument("built", type=Path, help="the folder that `sam build` wrote")
    built: Path = parser.parse_args().built
    if not (built / "template.yaml").exists():
        parser.error(f"{built} holds no built template")
    return built


@contextmanager
def _ministack(folder: Path) -> Iterator[MiniStackBackend]:
    """Start a MiniStack that holds functions to their roles' rights, and point boto3 and our children at it alone."""
    aws.refuse_real_endpoints(os.environ)
    environment = aws.EnvironmentChange()
    environment.apply(aws.fake_credentials(os.environ))
    with step("MiniStack starts, on a free port of this machine"):
        backend = MiniStackBackend(ROOT, folder, _ENFORCING)
    try:
        environment.apply({"AWS_ENDPOINT_URL": backend.endpoint})
        yield backend
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        backend.stop()
        environment.undo()


if __name__ == "__main__":
    sys.exit(main())
