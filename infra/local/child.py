"""Becomes a program that dies with its parent: `python child.py PARENT_PID PROGRAM ARG…`. Standard library only."""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent(number: int) -> None:
    """Ask the kernel to send us `number` when our parent ends, however it ends. Linux only; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def main() -> None:
    """Tie ourselves to the parent, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent ended first")
    os.execv(program[0], program)  # noqa: S606 - the point of this file


if __name__ == "__main__":
    main()
