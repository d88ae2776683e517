"""One upload (or two at once), a function that dies at one place, and events that come twice: every combination."""

from dataclasses import dataclass
from itertools import product
from random import Random

from tests.builders import CSV
from tests.contract.template import STACK
from tests.simulation.account import Account, Plan, connected, foreign_job
from tests.simulation.faults import CrashPoint
from tests.simulation.history import History
from tests.simulation.sagemaker import MINUTE, Fate
from tests.simulation.schedule import drop, play, tuning, wish

_NEEDS = "ml.m5.large"
_OUTAGE = 15 * MINUTE
_GOOD = Fate("Completed", "Completed", 3 * MINUTE)
_SHORT = Fate("Completed", "Completed", 30)
_SILENT = Fate("Completed", "Completed", 30, logs=False)
_BROKEN = Fate("Failed", "Failed", 30, "AlgorithmError: exit code 1")
_CUT = Fate("Stopped", "Stopped", 20)
_LACK = Fate("Failed", "Failed", 30, "CapacityError: as a lack of memory")
STORIES: dict[str, list[Fate]] = {
    "evaluated": [_GOOD],
    "failed": [Fate("Failed", "Failed", 3 * MINUTE, "AlgorithmError: exit code 1")],
    "tried again": [Fate("Failed", "Failed", 3 * MINUTE, "InternalServerError: Please try again."), _GOOD],
    "no model": [Fate("Completed", "Completed", 3 * MINUTE, leaves_model=False)],
    "waits": [_GOOD],
    "rejected": [],
    "repeated": [_GOOD],
    "rerun": [_GOOD, _GOOD],
    "two at once": [_GOOD, _GOOD],
    "stopped": [_GOOD],
    "lambda": [_GOOD],
    "lambda out of memory": [Fate("Failed", "Failed", 3 * MINUTE, "CapacityError: as a lack of memory"), _GOOD],
    "lambda out of time": [Fate("Completed", "Completed", 20 * MINUTE), _GOOD],
    "lambda stopped": [_GOOD],
    "tuned": [_SHORT, _SHORT, _SHORT, _SHORT],
    "tuned, some in vain": [_BROKEN, _SILENT, _CUT, _SHORT],
    "tuned in vain": [_SILENT, _BROKEN, _BROKEN, _BROKEN],
    "tuned, two at once": [_SHORT] * 8,
    "tuned and stopped": [_SHORT, _GOOD, _GOOD, _GOOD],
    "tuned, out of memory": [_LACK, _LACK, _LACK, *[_GOOD] * 4],
    # The first is the one with the defaults, which is there when the search has long ended.
    "tuned by SageMaker": [Fate("Completed", "Completed", 30 * MINUTE), _SHORT, _BROKEN, _GOOD],
}
_SOURCES = ("aws.s3", "aws.sagemaker", f"traindrop.{STACK}")
DOUBLED: dict[str, frozenset[str]] = {
    "once": frozenset(), **{source: frozenset({source}) for source in _SOURCES},
    "all": frozenset((*_SOURCES, "lambda")),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """`story/doubled/invocation.call.side`, as a violation names it; without a crash the last part is `none`.

    In the place of what is doubled `without <function>`: it fails whenever it is invoked for a quarter of an hour.
    """

    story: str
    doubled: str
    point: CrashPoint | None

    def __str__(self) -> str:
        at = self.point
        where = f"{at.invocation}.{at.call}.{'after' if at.after else 'before'}" if at else "none"
        return f"{self.story}/{self.doubled}/{where}"

    @classmethod
    def named(cls, name: str) -> "Case":
        story, doubled, where = name.split("/")
        if where == "none":
            return cls(story, doubled, None)
        invocation, call, side = where.split(".")
        return cls(story, doubled, CrashPoint(int(invocation), int(call), side == "after"))


def play_one(case: Case, *, verbose: bool = False) -> History:
    """What happens. The same case gives the same history."""
    instances = 2 if case.story == "two at once" or case.story.startswith("tuned") else 1
    _, _, missing = case.doubled.partition("without ")
    plan = Plan(
        {_NEEDS: instances}, most_jobs=instances, crash_point=case.point, verbose=verbose,
        doubled=DOUBLED.get(case.doubled, frozenset()), down=(missing, _OUTAGE) if missing else None,
    )  # fmt: skip
    fates = iter(STORIES[case.story])
    account = Account(plan, Random(0), lambda _name: next(fates, _GOOD))  # noqa: S311 - chance that can be repeated
    with connected(account):
        account.bucket.put("datasets/flowers/training.yaml", _config(case.story))
        account.bucket.put("datasets/flowers/test/held_out.csv", CSV)
        _tell(account, case.story)
        # What it failed at is put back when it works again.
        account.time.at(_OUTAGE if missing else 0, lambda: None)
        play(account)
    return account.history


def _config(story: str) -> bytes:
    in_lambda = story.startswith(("lambda", "tuned")) and story != "tuned by SageMaker"
    lines = ["target: species", *(["instance_type: lambda"] if in_lambda else [])]
    return "\n".join([*lines, *([tuning(3, 2, "random")] if story.startswith("tuned") else []), ""]).encode()


def _tell(account: Account, story: str) -> None:
    key = "datasets/flowers/train/a.csv"
    account.calm_since = 0.0
    if story == "waits":
        account.history.foreign.add("other")
        account.sagemaker.begin(foreign_job("other", _NEEDS), Fate("Completed", "Completed", 5 * MINUTE))
    account.time.at(1, lambda: drop(account, "csv", key, b"" if story == "rejected" else CSV))
    if story.endswith("two at once"):
        account.time.at(1.5, lambda: drop(account, "csv", "datasets/flowers/train/b.csv", CSV + b"1.5,2,rose\n"))
    if story == "repeated":
        account.time.at(2 * MINUTE, lambda: drop(account, "same", key, CSV))
    if story in {"rerun", "stopped", "lambda stopped", "tuned and stopped"}:
        kind = "rerun" if story == "rerun" else "stop"
        account.time.at(8 * MINUTE if story == "rerun" else 2 * MINUTE, lambda: wish(account, kind))


def crash_points(stories: tuple[str, ...] = tuple(STORIES)) -> list[str]:
    """Before and after every call of every invocation of each story, times each way of doubling; the cases' names."""
    found: list[str] = []
    for story, doubled in product(stories, DOUBLED):
        calls = play_one(Case(story, doubled, None)).calls_by_invocation
        points: list[CrashPoint | None] = [None]
        points += [
            CrashPoint(invocation, call, after)
            for invocation, count in enumerate(calls)
            for call in range(count)
            for after in (False, True)
        ]
        found += [str(Case(story, doubled, point)) for point in points]
    return found
