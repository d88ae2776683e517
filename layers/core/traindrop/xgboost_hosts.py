"""XGBoost on several instances of one job: its own collective, set up from the names that SageMaker gives the hosts.

It goes with the training scripts into the container: Python 3.10-safe, and XGBoost 3.0 or newer.
"""

import json
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar, cast

from traindrop.lean_xgboost import xgb
from traindrop.training_script import fail, hosts

# Where the first host tells the others of its tracker, which takes a free port itself: XGBoost's socket cannot be bound
# again in the minute after a job.
PORT = 9099
PATIENCE = 900  # seconds; the hosts of one job start, and have read their data, minutes apart

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """The hosts that train one model. `rank` is the own place among them, 0 that of the first."""

    rank: int
    size: int

    @property
    def is_first(self) -> bool:
        return self.rank == 0


def this_group() -> Group:
    """The job's hosts in the order of their names, by SM_HOSTS and SM_CURRENT_HOST."""
    names = sorted(hosts())
    return Group(names.index(os.environ.get("SM_CURRENT_HOST", names[0])), len(names))


@contextmanager
def joined(group: Group) -> Iterator[None]:
    """While inside, what XGBoost trains it trains with the other hosts. All have to come in, and to go out.

    An error inside ends the process, and a host that is lost ends the others within seconds, with that as the reason.
    """
    if group.size == 1:
        yield
        return
    try:
        first = sorted(hosts())[0]
        tracker = _start_tracker(group, first) if group.is_first else None
        with _told(first, tracker.worker_args() if tracker else None) as arguments:
            xgb.collective.init(**arguments, dmlc_task_id=f"{group.rank:05}")
        # The first host says this when it has stopped telling: who leaves at once and comes again asks for the next.
        told_by(0, None, group)
        yield
        xgb.collective.finalize()
        if tracker:
            tracker.wait_for(PATIENCE)
    except BaseException as error:  # noqa: BLE001 - also a KeyboardInterrupt
        _end_at_once(error)


def told_by(rank: int, content: T, group: Group) -> T:
    """The content that this host has there, on every host; inside `joined`."""
    if group.size == 1:
        return content
    # In a tuple, since XGBoost takes no None.
    (found,) = xgb.collective.broadcast((content,) if rank == group.rank else None, rank)
    return cast("T", found)


def gathered(content: T, group: Group) -> list[T]:
    """Each host's content, on every host, in the hosts' order; inside `joined`."""
    return [told_by(rank, content, group) for rank in range(group.size)]


def _start_tracker(group: Group, first: str) -> xgb.RabitTracker:
    address = socket.gethostbyname(first)
    tracker = xgb.RabitTracker(n_workers=group.size, host_ip=address, sortby="task", timeout=PATIENCE)
    tracker.start()
    return tracker


@contextmanager
def _told(first: str, arguments: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """How to reach the tracker: the first host knows it and tells, the others ask until it does."""
    if arguments is None:
        yield _asked(first)
        return
    with socket.create_server((first, PORT)) as server:
        server.settimeout(0.1)
        everyone_is_here = threading.Event()

        def tell() -> None:
            while not everyone_is_here.is_set():
                try:
                    with server.accept()[0] as other:
                        other.sendall(json.dumps(arguments).encode())
                except TimeoutError:
                    continue

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield arguments
        finally:
            everyone_is_here.set()
            teller.join()


def _asked(first: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection((first, PORT), timeout=5) as connection, connection.makefile() as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (OSError, ValueError):  # nobody listens yet, or the name is not known yet
            if time.monotonic() > deadline:
                fail(f"The first instance of the job, {first}, cannot be reached on port {PORT}.")
            time.sleep(0.05)


def _end_at_once(error: BaseException) -> NoReturn:
    """Without Python's own way out: XGBoost 3.2 is still connected, and would end it by a segmentation fault, which
    hides the reason."""
    traceback.print_exception(error)
    if isinstance(error, xgb.core.XGBoostError) and "collective" in str(error):
        try:
            fail("The connection to another instance of the job was lost: it has ended or cannot be reached any more.")
        except SystemExit as message:
            print(message, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
