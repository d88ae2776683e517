"""What has to be true after a burst, and what is measured of it: pure functions of what was found."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from traindrop.run import Run, Status


@dataclass(frozen=True)
class Job:
    """One training job as DescribeTrainingJob tells of it; `ended` is None while it runs."""

    name: str
    created: datetime
    ended: datetime | None

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> "Job":
        over = description["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"}
        # TrainingEndTime is absent for a job that never began.
        ended = description.get("TrainingEndTime", description["LastModifiedTime"]) if over else None
        return cls(description["TrainingJobName"], description["CreationTime"], ended)


@dataclass(frozen=True)
class Found:
    """What a burst of `uploads` left: messages by run, as a subscriber got them, and the dead letters' number."""

    uploads: int
    quota: int
    runs: list[Run]
    jobs: list[Job]
    messages: Counter[str]
    dead_letters: int


@dataclass(frozen=True)
class Claim:
    text: str
    holds: bool
    found: str


def claims(found: Found) -> Iterator[Claim]:
    """Each thing that is promised of every upload, with what was found."""
    count, names = found.uploads, {run.run for run in found.runs}
    statuses = Counter(run.status for run in found.runs)
    told = ", ".join(f"{number} {status}" for status, number in statuses.most_common())
    yield Claim("every upload is evaluated", statuses == {Status.EVALUATED: count}, told or "none")
    keys = Counter(run.key for run in found.runs)
    yield _once("one run for each upload", keys, count)
    yield _once("one training job for each run", Counter(job.name for job in found.jobs), count, names)
    yield _once("one message for each run", found.messages, count, names)
    most = most_at_once((job.created, job.ended) for job in found.jobs)
    yield Claim(f"never more than {found.quota} jobs at once", most <= found.quota, f"{most} at the most")
    yield Claim("no dead letters", found.dead_letters == 0, str(found.dead_letters))


def _once(text: str, counted: Counter[str], count: int, names: set[str] | None = None) -> Claim:
    exact = len(counted) == count and set(counted.values()) <= {1} and (names is None or counted.keys() == names)
    return Claim(text, exact, f"{counted.total()} for {len(counted)}")


def most_at_once(spans: Iterable[tuple[datetime, datetime | None]]) -> int:
    """The largest number of spans that have a moment in common; one without an end still lasts."""
    # Of one moment the ends come first: an instance that is given back can be taken.
    steps = sorted(chain.from_iterable(_steps(*span) for span in spans))
    most = lasting = 0
    for _, step in steps:
        lasting += step
        most = max(most, lasting)
    return most


def _steps(began: datetime, ended: datetime | None) -> Iterator[tuple[datetime, int]]:
    yield began, 1
    if ended is not None:
        yield ended, -1


def longest_line(runs: Iterable[Run], jobs: Iterable[Job]) -> int:
    """The most runs that had been accepted, and had no job yet, at the same moment."""
    created = {job.name: job.created for job in jobs}
    return most_at_once((run.created_at, created.get(run.job)) for run in runs)


def displacements(runs: Iterable[Run], jobs: Iterable[Job]) -> list[int]:
    """By how many places each run was launched earlier or later than it came: 0 is first come, first served.

    Order of coming: when it was accepted. Of launching: when its job was created.
    """
    created = {job.name: job.created for job in jobs}
    launched = [run for run in runs if run.job in created]
    came = {run.run: place for place, run in enumerate(sorted(launched, key=lambda run: run.created_at))}
    went = sorted(launched, key=lambda run: created[run.job])
    return [abs(came[run.run] - place) for place, run in enumerate(went)]
