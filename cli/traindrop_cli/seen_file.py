"""A CSV on this machine, looked at before it is dropped."""

from dataclasses import dataclass
from pathlib import Path

from traindrop.checks import Accepted, check_training_data
from traindrop.csv_rows import DatasetError
from traindrop.dataset import examine
from traindrop.drop import SAMPLE_BYTES
from traindrop.errors import Rejected
from traindrop.findings import Findings


@dataclass(frozen=True)
class SeenFile:
    """What the beginning of a CSV tells."""

    file: Path
    sample: bytes
    findings: Findings

    def check(self, target: str) -> Accepted:
        """Raises `Rejected`."""
        complete = self.findings.complete
        return check_training_data(
            self.sample, complete=complete, target=target, task="auto", drop=(), file=self.file.name
        )


def look(csv: Path) -> SeenFile:
    """Raises `Rejected` where the file cannot be trained on, whatever the target."""
    with csv.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    try:
        return SeenFile(csv, sample, examine(sample, complete=csv.stat().st_size <= SAMPLE_BYTES))
    except DatasetError as error:
        raise Rejected(f"{csv.name}: {error}") from error
