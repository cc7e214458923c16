"""What a deployment may leave closed; each gate refuses by raising, before anything is looked at."""

import os

from rollcall.domain.errors import SignUpOff


def sign_up() -> None:
    """Refuse where teams are only made by the operator (T1)."""
    if os.environ.get("SIGN_UP") != "on":
        raise SignUpOff
