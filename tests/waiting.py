"""Waiting for what another process brings about."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], seconds: float = 90) -> Found:
    """What `look` returns once it is neither None nor empty."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.03)
    raise AssertionError(f"did not happen within {seconds} s")
