"""The instances of one job, run side by side until all are done or one has failed."""

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from traindrop.container import Outcome

# One instance's part; it ends soon after the event is set.
Part = Callable[[threading.Event], Outcome]
_POLL = 0.02


def run_together(parts: Sequence[Part], stop: threading.Event) -> Outcome:
    """Run every part in a thread of its own. Where one fails or runs out of time, the others are stopped at once, and
    its outcome is the job's; else the last one's is."""
    halt = threading.Event()
    ended: list[Outcome] = []
    stopped = False
    with ThreadPoolExecutor(len(parts), thread_name_prefix="instance") as pool:
        running: set[Future[Outcome]] = {pool.submit(part, halt) for part in parts}
        try:
            while running:
                done, running = wait(running, timeout=_POLL, return_when=FIRST_COMPLETED)
                ended += [future.result() for future in done]
                if not halt.is_set() and (stop.is_set() or not all(map(_is_well, ended))):
                    stopped = stop.is_set()
                    halt.set()
        finally:
            halt.set()  # an error of ours must not leave the others running
    return _of_the_job(ended, stopped)


def was_killed(outcome: Outcome) -> bool:
    """Whether somebody else than us ended the script by SIGKILL, as the end of a spot instance does."""
    return outcome.failure_reason is not None and outcome.exit_code == -signal.SIGKILL


def _is_well(outcome: Outcome) -> bool:
    return outcome.exit_code == 0 and outcome.failure_reason is None


def _of_the_job(ended: Sequence[Outcome], stopped: bool) -> Outcome:
    if stopped:
        return next((outcome for outcome in ended if outcome.stopped), ended[-1])
    # Who ran out of time did so before the others could fail for want of it. And who was killed was killed from
    # outside, while others may have failed for want of it in the same moment.
    failed = [outcome for outcome in ended if outcome.failure_reason is not None]
    of_interest = [
        *(outcome for outcome in ended if outcome.timed_out),
        *(outcome for outcome in failed if was_killed(outcome)),
        *failed,
        ended[-1],
    ]
    return of_interest[0]
