"""What the training jobs of a run wrote, of all its attempts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from traindrop import aws
from traindrop.run import Run
from traindrop_cli.result import jobs_of


@dataclass(frozen=True)
class Line:
    """One line that a training job wrote; `job` has the number of its attempt at its end, from the second on."""

    job: str
    text: str


@dataclass
class TrainingLog:
    """`seen`: how far the log of each job was read, tokens by stream."""

    seen: dict[str, dict[str, str]] = field(default_factory=dict)

    def new_lines(self, run: Run) -> Iterator[Line]:
        """What was written since the last call, the first attempt's first."""
        for job in jobs_of(run):
            yield from (Line(job, text) for text in aws.follow_log(job, self.seen.setdefault(job, {})))
