"""A run as a folder of files (--keep)."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from traindrop import aws
from traindrop.ledger import Ledger
from traindrop.notifying import message_of
from traindrop.run import FINAL, Run
from traindrop_cli.result import as_json, jobs_of
from traindrop_cli.run_trials import RunTrials, find_trials
from traindrop_cli.stack import Stack

# Below a run's own folder.
_TRIALS = "trials/"


def keep(stack: Stack, run: Run, folder: Path) -> list[Path]:
    """Copy everything of the run into `folder`: request, artifacts, evaluation, logs, message, record.

    What attempts before the last left lies in `attempt-1`, `attempt-2`; what trials but the best left in `trials`.
    """
    kept = [_download(stack, key, folder / path) for key, path in files_of(run, lambda at: aws.keys(stack.bucket, at))]
    texts = {"run.json": json.dumps(as_json(run), indent=2)}
    if run.status in FINAL:
        message = message_of(run)
        texts["message.txt"] = f"{message.subject}\n\n{message.body}"
    for path, job in logs_of(run, find_trials(run, Ledger(stack.table))):
        lines = list(aws.follow_log(job, {}))
        if lines:
            texts[path] = "\n".join(lines)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text + "\n", encoding="utf-8")
        kept.append(folder / name)
    return kept


def logs_of(run: Run, tuned: RunTrials | None) -> Iterator[tuple[str, str]]:
    """Path in the folder, and training job, of each log; of a run that tuned the best trial's lies on top."""
    if tuned is not None:
        for trial in tuned.trials:
            yield "training.log" if trial == tuned.best else f"{_TRIALS}{trial.job}/training.log", trial.job
        return
    for number, job in enumerate(jobs_of(run), start=1):
        yield f"{'' if number == run.attempt else f'attempt-{number}/'}training.log", job


def files_of(run: Run, keys: Callable[[str], Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Key, and path in the folder of the run's files, of each object of the run; `keys` lists those under a prefix."""
    for number, job in enumerate(jobs_of(run), start=1):
        prefix = f"runs/{job}/"
        for key in keys(prefix):
            path = key.removeprefix(prefix)
            # What the run's model is of a run that tuned lies on top, where that of any other does.
            path = path.removeprefix(f"{_TRIALS}{run.best_trial}/") if run.tunes else path
            is_earlier = number < run.attempt and path.startswith("output/") and not run.tunes
            yield key, f"attempt-{number}/{path}" if is_earlier else path


def _download(stack: Stack, key: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        aws.download(stack.bucket, key, None, file)
    return path
