"""Where a local AWS that was left running is noted, so that other commands find it. Imports nothing that takes time."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from traindrop_cli.errors import CommandError


@dataclass(frozen=True)
class Running:
    """A local AWS that was left running by `traindrop local up`; the rest is as of `stack.Stack`."""

    endpoint_url: str
    pid: int
    stack: str
    log_file: str
    bucket: str
    table: str
    dead_letter_queue: str | None


def state_folder() -> Path:
    """Where a running local AWS is noted: TRAINDROP_HOME, else ~/.traindrop."""
    return Path(os.environ.get("TRAINDROP_HOME", Path.home() / ".traindrop"))


def running() -> Running | None:
    """The local AWS that runs in the background; None where none does."""
    try:
        noted = Running(**json.loads(_note().read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CommandError(f"{_note()} cannot be read ({error}). Delete it, and end the local AWS by hand.") from error
    return noted if is_alive(noted.pid) else None


def note(started: Running) -> None:
    _note().write_text(json.dumps(asdict(started)), encoding="utf-8")


def forget() -> None:
    _note().unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _note() -> Path:
    return state_folder() / "local.json"
