"""The model that a run left, fetched and unpacked."""

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from traindrop import aws
from traindrop.artifacts import ArtifactError, unpack
from traindrop.ledger import Ledger
from traindrop.preparation import FILE as PREPARATION
from traindrop.run import Run
from traindrop_cli.errors import CommandError
from traindrop_cli.find import run_in
from traindrop_cli.stack import Stack

_MAX_FILES = 100_000


def run_or_champion(stack: Stack, run: str | None, dataset: str | None) -> Run:
    """The run of that name, else the champion of the dataset. Raises `CommandError` where neither is there."""
    if run is not None:
        found = run_in(stack, run)
        if dataset not in (None, found.dataset):
            raise CommandError(f"{run} is a run of the dataset {found.dataset}, not of {dataset}.")
        return found
    if dataset is None:
        raise CommandError("Which model? Name a run, or a dataset with --dataset for its champion's.")
    champion = Ledger(stack.table).champion(dataset)
    if champion is None:
        raise CommandError(
            f"The dataset {dataset} has no champion in {stack.where}: none of its runs was tested on a test file. "
            f"Name a run: traindrop runs --dataset {dataset}"
        )
    return run_in(stack, champion)


@contextmanager
def model_of(run: Run, beside: Path, *, only: Collection[str] | None = None, pickles: bool = False) -> Iterator[Path]:
    """The folder of what is in the run's model.tar.gz, in a folder within `beside` that is gone after the block.

    `only`, `pickles`: as of `artifacts.unpack`. preparation.json is added where a test file is read by it.
    Raises `CommandError` where the run left no model, or one that must not be unpacked.
    """
    if run.model_uri is None:
        raise CommandError(
            f"{run.run} is {run.status.value}, and left no model. `traindrop show {run.run}` tells what became of it."
        )
    with tempfile.TemporaryDirectory(prefix=".traindrop-", dir=beside) as name:
        archive, folder = Path(name) / "model.tar.gz", Path(name) / "model"
        with archive.open("wb") as file:
            if not aws.download(run.bucket, run.model_key, None, file):
                raise CommandError(
                    f"{run.model_uri} is not there: it was deleted. `traindrop rerun {run.run}` trains once more."
                )
        try:
            # Whatever it claims to hold, the disk is not filled.
            most = shutil.disk_usage(name).free
            unpack(archive, folder, max_bytes=most, max_files=_MAX_FILES, only=only, pickles=pickles)
        except ArtifactError as error:
            raise CommandError(str(error)) from error
        archive.unlink()
        _add_preparation(run, folder)
        yield folder


def _add_preparation(run: Run, folder: Path) -> None:
    if run.framework != "builtin-xgboost" or (folder / PREPARATION).exists():
        return
    with (folder / PREPARATION).open("wb") as file:
        found = aws.download(run.bucket, run.preparation_key, None, file)
    if not found:
        (folder / PREPARATION).unlink()
