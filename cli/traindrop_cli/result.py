"""A run as scripts read it (--json), and as a folder of files (--keep)."""

import json
from pathlib import Path
from typing import Any

from traindrop import aws
from traindrop.notifying import message_of
from traindrop.run import FINAL, Run, Status
from traindrop_cli.stack import Stack

EXIT_CODES = {Status.EVALUATED: 0, Status.REJECTED: 2}


def exit_code(run: Run) -> int:
    """0 evaluated, 2 rejected, 1 for every other end."""
    return EXIT_CODES.get(run.status, 1)


def as_json(run: Run) -> dict[str, Any]:
    """The fields that scripts may rely on; `metrics` are of the test rows where there are any (`metrics_of`)."""
    seconds = (run.notified_at - run.uploaded_at).total_seconds() if run.notified_at and run.uploaded_at else None
    return {
        "run": run.run,
        "dataset": run.dataset,
        "status": run.status.value,
        "main_metric": run.main_metric,
        "metrics": run.metrics or run.validation,
        "metrics_of": "test" if run.metrics else "validation" if run.validation else None,
        "seconds": seconds,
        "billable_seconds": run.billable_seconds,
        "model": run.model_uri,
        "evaluation": run.evaluation_uri,
        "reason": run.reason,
        "file": run.uri(run.key),
        "rows": run.rows,
        "test_rows": run.test_rows,
        "created_at": run.created_at.isoformat(),
    }


def keep(stack: Stack, run: Run, folder: Path) -> list[Path]:
    """Copy everything of the run into `folder`: request, artifacts, evaluation, log, message, record."""
    folder.mkdir(parents=True, exist_ok=True)
    prefix = f"runs/{run.run}/"
    kept = []
    for key in aws.keys(stack.bucket, prefix):
        path = folder / key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            aws.download(stack.bucket, key, None, file)
        kept.append(path)
    message = message_of(run) if run.status in FINAL else None
    texts = {"run.json": json.dumps(as_json(run), indent=2)}
    if message:
        texts["message.txt"] = f"{message.subject}\n\n{message.body}"
    if run.launched_at:
        texts["training.log"] = "\n".join(aws.follow_log(run.job, {}))
    for name, text in texts.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
        kept.append(folder / name)
    return kept
