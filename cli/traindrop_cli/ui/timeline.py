"""The states that a run reached, with their times, and what goes on now. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from traindrop import plain_text
from traindrop.run import Run, Status
from traindrop.waiting_line import Place
from traindrop_cli.display import NEXT
from traindrop_cli.follow import Step, steps_of
from traindrop_cli.standing import in_line

_BAD = {"rejected", "failed", "stopped", "evaluationfailed"}


@dataclass(frozen=True)
class Mark:
    """One state: `at` since the upload and `took` since the state before, as texts."""

    name: str
    at: str
    took: str
    detail: str
    is_bad: bool = False


def marks(run: Run) -> list[Mark]:
    """In their order; of a further attempt the times go on from the first upload."""
    began = run.uploaded_at or run.created_at
    steps = [Step("uploaded", began, run.file), *steps_of(run)]
    befores = [began, *(step.at for step in steps)]
    return [
        Mark(
            step.name,
            plain_text.duration(max(0.0, (step.at - began).total_seconds())),
            plain_text.duration(max(0.0, (step.at - before).total_seconds())),
            step.detail,
            step.name in _BAD,
        )
        for step, before in zip(steps, befores, strict=False)
    ]


def going_on(run: Run, reached: Sequence[Mark], line: Sequence[Place]) -> str | None:
    """What it is at; None where it is over and told."""
    if run.notified_at is not None:
        return None
    if run.status is Status.WAITING and (standing := in_line(run, line)) is not None:
        return standing if run.waits_for else "launching"
    return NEXT.get(reached[-1].name, "notifying")
