"""A control group with Lambda's memory and processor for one process and its children; version 1 or 2, as the machine
has it. Needs Linux and the right to make one, as root has it.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
# "At 1,769 MB, a function has the equivalent of one vCPU."
_MB_PER_PROCESSOR = 1769
_PERIOD = 100_000  # microseconds


@dataclass(frozen=True)
class Group:
    """`folders`: where its files are, one folder in version 2, one for each controller in version 1."""

    folders: tuple[Path, ...]

    def join(self) -> None:
        """Put the calling process into the group; for the child, between fork and exec."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()), "utf-8")

    def end(self) -> None:
        """Kill what is left in the group, and wait until it is gone."""
        give_up = time.monotonic() + 10
        while left := self.folders[0].joinpath("cgroup.procs").read_text("utf-8").split():
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)
            if time.monotonic() > give_up:
                raise RuntimeError(f"the processes {', '.join(left)} do not end")
            time.sleep(0.05)

    @property
    def peak_mb(self) -> int | None:
        """The most memory that the group took, its page cache included; None where the kernel does not tell."""
        found = [folder / name for folder in self.folders for name in ("memory.peak", "memory.max_usage_in_bytes")]
        return next((int(file.read_text("utf-8")) // 1024**2 for file in found if file.is_file()), None)


def reason_against() -> str | None:
    """Why no group can be made here; None where one can."""
    if not ROOT.is_dir():
        return "control groups are Linux's"
    folder = ROOT if _is_version_2() else ROOT / "memory"
    if not os.access(folder, os.W_OK):
        return f"{folder} cannot be written: run it as root, or in a container of your own"
    return None


@contextmanager
def group(memory_mb: int, *, whole_processor: bool = False) -> Iterator[Group]:
    """A group with that much memory, no swap, and the share of a processor that Lambda gives with it, or all of it."""
    name, quota = f"traindrop-{os.getpid()}", int(memory_mb / _MB_PER_PROCESSOR * _PERIOD)
    memory = str(memory_mb * 1024**2)
    if _is_version_2():
        folders: tuple[Path, ...] = (ROOT / name,)
        limits = {"memory.max": memory, "memory.swap.max": "0", "cpu.max": f"{quota} {_PERIOD}"}
    else:
        folders = (ROOT / "memory" / name, ROOT / "cpu" / name)
        limits = {"memory.limit_in_bytes": memory, "cpu.cfs_quota_us": str(quota)}
    made = Group(folders)
    for folder in folders:
        folder.mkdir()
    try:
        for file, value in limits.items():
            for folder in folders:
                if (folder / file).is_file() and not (whole_processor and file.startswith("cpu")):
                    (folder / file).write_text(value, "utf-8")
        yield made
    finally:
        made.end()
        for folder in folders:
            folder.rmdir()


def _is_version_2() -> bool:
    return (ROOT / "cgroup.controllers").is_file()
