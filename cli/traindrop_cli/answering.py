"""Waiting for the launcher to answer an upload or a wish by a run."""

import time

from traindrop.ledger import Ledger


def answer_to(ledger: Ledger, which: str, *, seconds: float, pause: float) -> str | None:
    """The run's name; None where the launcher is not heard of in so many seconds. `which`: as of `Ledger.answer_to`."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if (name := ledger.answer_to(which)) is not None:
            return name
        time.sleep(pause)
    return None
