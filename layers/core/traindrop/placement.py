"""Where a training takes place: what `instance_type: auto` decides, and why.

The rules, each tried only where the one before it does not do:

1. A Lambda function, the smallest whose memory and /tmp hold it and that is done in a minute; else the largest that is
   done in ten, well before Lambda's own end at fifteen.
2. One instance, the smallest of ml.m5 that holds it and is done in an hour; a bigger one before several, since one
   needs no network and no waiting for the slowest.
3. Several instances of that type only where hours are at stake: our script shares the work of fitting, not the memory.

Only framework xgboost with our script is estimated (`traindrop.estimate`). The others have rules by size alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from traindrop.errors import Rejected
from traindrop.estimate import MEMORY_MARGIN, Estimate
from traindrop.lambda_limits import HANDLER_MB, MEMORY_PER_BYTE
from traindrop.machines import GIB, LADDER, Machine

HANDLER_MEMORY = HANDLER_MB * 1024**2
# What the system and the container's own processes take of an instance.
INSTANCE_MEMORY = GIB
SOON, LATEST_IN_LAMBDA, HOUR = 60.0, 600.0, 3600.0
MOST_INSTANCES = 4


@dataclass(frozen=True)
class Placement:
    """`instance_type` is `lambda` or SageMaker's; `why` is for the person, who is told `note` in the message.

    Of a Lambda: `memory_mb` is that of the function, `else_on` the instance type of a further attempt where it meets a
    limit of Lambda's all the same.
    """

    instance_type: str
    instance_count: int
    why: str
    memory_mb: int | None = None
    else_on: str | None = None
    note: str | None = None


def in_lambda(
    estimate: Estimate, disk: int, functions: Sequence[Machine], *, free_disk: int, else_on: str
) -> Placement | None:
    """Rule 1; `functions` the smallest first, `disk` what the run writes to /tmp. None where no function does."""
    if disk > free_disk:
        return None
    able = [each for each in functions if estimate.fits(each, taken=HANDLER_MEMORY)]
    able = [each for each in able if estimate.seconds(each.vcpus) <= LATEST_IN_LAMBDA]
    if not able:
        return None
    chosen = next((each for each in able if estimate.seconds(each.vcpus) <= SOON), able[-1])
    memory = chosen.memory // 1024**2
    taken = f"about {_time(estimate.seconds(chosen.vcpus))} and {_size(estimate.memory)}"
    why = f"{taken}, which a Lambda of {memory} MB holds"
    return Placement("lambda", 1, why, memory, else_on)


def on_instances(estimate: Estimate, *, may_share: bool) -> Placement:
    """Rules 2 and 3; raises `Rejected` where no instance of the ladder holds it."""
    able = [each for each in LADDER if estimate.fits(each, taken=INSTANCE_MEMORY)]
    if not able:
        raise Rejected(
            f"instance_type auto: training would take about {_size(estimate.memory)} of memory, with a margin "
            f"{_size(estimate.memory * MEMORY_MARGIN)}, and the largest instance that auto takes, {LADDER[-1].name}, "
            f"has {_size(LADDER[-1].memory)}. Name an instance type in training.yaml (ml.r5 have more memory), leave "
            "out columns (drop), or drop fewer rows."
        )
    chosen = next((each for each in able if estimate.seconds(each.vcpus) <= HOUR), able[-1])
    count = _instances(estimate, chosen) if may_share else 1
    seconds = estimate.seconds(chosen.vcpus * count)
    why = f"about {_time(seconds)} and {_size(estimate.memory)}"
    if chosen is not able[0]:
        why += f"; on {able[0].name} it would take {_time(estimate.seconds(able[0].vcpus))}"
    if count > 1:
        why += f"; on one instance it would take {_time(estimate.seconds(chosen.vcpus))}"
    return Placement(chosen.name, count, why)


def by_size(size: int, framework: str) -> Placement:
    """The smallest instance that holds a file of so many bytes eight times: for scripts that were not measured."""
    needed = size * MEMORY_PER_BYTE
    chosen = next((each for each in LADDER if each.memory - INSTANCE_MEMORY >= needed), LADDER[-1])
    rule = f"the smallest that has {MEMORY_PER_BYTE} times the file's {_size(size)}"
    why = f"{rule}; framework {framework} is not estimated"
    return Placement(chosen.name, 1, why)


def _instances(estimate: Estimate, machine: Machine) -> int:
    """As few as bring the time below an hour, or as many as there may be."""
    counts = range(1, MOST_INSTANCES + 1)
    return next((count for count in counts if estimate.seconds(machine.vcpus * count) <= HOUR), MOST_INSTANCES)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"
