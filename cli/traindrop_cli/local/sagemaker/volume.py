"""The volume of each instance: a script that writes without end must not fill this machine's disk instead."""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

INTERVAL = 2.0  # seconds between two looks


def volume_bytes(request: Mapping[str, Any]) -> float:
    """What an instance's volume holds; endless for an instance type that has disks of its own and needs no size."""
    return float(request["ResourceConfig"].get("VolumeSizeInGB", "inf")) * 2**30


@contextmanager
def watched(roots: Sequence[Path], limit: float) -> Iterator[threading.Event]:
    """An event that is set once what lies below one of the folders takes more than `limit` bytes of disk."""
    full, ended = threading.Event(), threading.Event()

    def look() -> None:
        while not ended.wait(INTERVAL):
            if any(_taken(root) > limit for root in roots):
                full.set()
                return

    watcher = threading.Thread(target=look, name="volume", daemon=True)
    watcher.start()
    try:
        yield full
    finally:
        ended.set()
        watcher.join()


def _taken(folder: Path) -> int:
    """Bytes on the disk; the holes of a sparse file take none."""
    taken = 0
    for path, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(FileNotFoundError):  # the script is at work
                taken += os.lstat(os.path.join(path, name)).st_blocks * 512
    return taken
