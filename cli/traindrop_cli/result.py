"""A run as scripts read it (--json), and as a folder of files (--keep)."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from traindrop import aws
from traindrop.billed import cost_of_run
from traindrop.notifying import message_of
from traindrop.run import FINAL, Run, Status
from traindrop.waiting_line import Place
from traindrop_cli.stack import Stack
from traindrop_cli.standing import place_in_line

EXIT_CODES = {Status.EVALUATED: 0, Status.REJECTED: 2}


def exit_code(run: Run) -> int:
    """0 evaluated, 2 rejected, 1 for every other end."""
    return EXIT_CODES.get(run.status, 1)


def as_json(run: Run, line: Sequence[Place] = ()) -> dict[str, Any]:
    """The fields that scripts may rely on; `metrics` are of the test rows where there are any (`metrics_of`).

    `line`: who waits, for the place of a run that does.
    """
    cost = cost_of_run(run)
    seconds = (run.notified_at - run.uploaded_at).total_seconds() if run.notified_at and run.uploaded_at else None
    return {
        "run": run.run,
        "dataset": run.dataset,
        "status": run.status.value,
        "framework": run.framework,
        "main_metric": run.main_metric,
        "metrics": run.metrics or run.validation,
        "metrics_of": "test" if run.metrics else "validation" if run.validation else None,
        "seconds": seconds,
        "billable_seconds": run.billable_seconds,
        "cost": cost.model_dump(mode="json") if cost else None,
        "worst_case_usd": float(run.worst_case_usd) if run.worst_case_usd is not None else None,
        "model": run.model_uri,
        "evaluation": run.evaluation_uri,
        "report": run.report_uri,
        "reason": run.reason,
        "file": run.uri(run.key),
        "rows": run.rows,
        "test_rows": run.test_rows,
        "verdict": run.comparison.model_dump(mode="json") if run.comparison else None,
        "model_package": run.model_package,
        "created_at": run.created_at.isoformat(),
        "attempt": run.attempt,
        "earlier_failures": list(run.earlier_failures),
        "place_in_line": place_in_line(run, line),
        "waits_for": run.waits_for if run.status is Status.WAITING else None,
        "answered_by": run.answered_by,
        "stop_requested_by": run.stop_requested_by,
    }


def keep(stack: Stack, run: Run, folder: Path) -> list[Path]:
    """Copy everything of the run into `folder`: request, artifacts, evaluation, logs, message, record.

    What attempts before the last left lies in `attempt-1`, `attempt-2`.
    """
    kept = [_download(stack, key, folder / path) for key, path in files_of(run, lambda at: aws.keys(stack.bucket, at))]
    texts = {"run.json": json.dumps(as_json(run), indent=2)}
    if run.status in FINAL:
        message = message_of(run)
        texts["message.txt"] = f"{message.subject}\n\n{message.body}"
    for number, job in enumerate(jobs_of(run), start=1):
        lines = list(aws.follow_log(job, {}))
        if lines:
            texts[f"{'' if number == run.attempt else f'attempt-{number}/'}training.log"] = "\n".join(lines)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text + "\n", encoding="utf-8")
        kept.append(folder / name)
    return kept


def jobs_of(run: Run) -> list[str]:
    """The names of the training jobs of all attempts, the first one first."""
    return [run.model_copy(update={"attempt": number}).job for number in range(1, run.attempt + 1)]


def files_of(run: Run, keys: Callable[[str], Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Key, and path in the folder of the run's files, of each object of the run; `keys` lists those under a prefix."""
    for number, job in enumerate(jobs_of(run), start=1):
        prefix = f"runs/{job}/"
        for key in keys(prefix):
            path = key.removeprefix(prefix)
            is_earlier = number < run.attempt and path.startswith("output/")
            yield key, f"attempt-{number}/{path}" if is_earlier else path


def _download(stack: Stack, key: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        aws.download(stack.bucket, key, None, file)
    return path
