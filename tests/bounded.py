"""A call in a process of its own, which gets no more memory than it is allowed."""

import multiprocessing
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_GUARD_SECONDS = 120  # of processor time; the machine may be busy, so this proves nothing and only ends what hangs
_MIB = 1 << 20


def refusal_in(call: Callable[[Path], object], folder: Path, *, mebibytes: int) -> str:
    """The message of the error that `call`, a function of a module, raises of `folder`.

    The child may take `mebibytes` of address space beyond what it has once its modules are imported: what asks for more
    gets a MemoryError, and that is the message then.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_bounded, args=(call, folder, mebibytes, sender))
    child.start()
    sender.close()
    try:
        found: str = receiver.recv()
    except EOFError:
        child.join()
        raise AssertionError(f"the child died: exit code {child.exitcode}") from None
    child.join()
    return found


def _bounded(call: Callable[[Path], object], folder: Path, mebibytes: int, sender: Any) -> None:
    if sys.platform == "linux":  # others keep no such account of a process
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + mebibytes * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (_GUARD_SECONDS, _GUARD_SECONDS))
    try:
        call(folder)
    except Exception as error:  # noqa: BLE001 - the test looks at it
        sender.send(f"{type(error).__name__}: {error}"[:2000])
    else:
        sender.send("nothing was raised")
