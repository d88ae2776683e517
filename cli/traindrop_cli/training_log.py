"""What the training jobs of a run wrote, of all its attempts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from traindrop import aws
from traindrop.run import Run
from traindrop_cli.result import jobs_of


@dataclass(frozen=True)
class Line:
    """One line that a training job wrote; `job` has the number of its attempt at its end, from the second on.

    `trial`: the number of the trial, where lines of several come together.
    """

    job: str
    text: str
    trial: int | None = None


@dataclass
class TrainingLog:
    """`seen`: how far the log of each job was read, tokens by stream."""

    seen: dict[str, dict[str, str]] = field(default_factory=dict)

    def new_lines(self, run: Run) -> Iterator[Line]:
        """What was written since the last call, the first attempt's first."""
        for job in jobs_of(run):
            yield from self.lines_of(job)

    def is_over(self, run: Run) -> bool:
        """Whether nothing more is to come."""
        return not run.goes_on

    def lines_of(self, job: str, trial: int | None = None) -> Iterator[Line]:
        """What one training job wrote since the last call."""
        yield from (Line(job, text, trial) for text in aws.follow_log(job, self.seen.setdefault(job, {})))
