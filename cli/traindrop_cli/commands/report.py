"""`traindrop report`."""

import json as json_module
import sys
import webbrowser
from pathlib import Path

from traindrop import aws
from traindrop_cli.errors import CommandError
from traindrop_cli.find import find_stack, run_in


def run_report(name: str, output: Path | None, *, show: bool, json: bool = False, stack: str | None) -> None:
    """Write the report of a run to a file and show it in a browser. Raises `CommandError` where there is none."""
    run = run_in(find_stack(stack), name)
    if run.report_uri is None:
        raise CommandError(
            f"{run.run} is {run.status.value}, and only a run that is Evaluated has a report. `traindrop show "
            f"{run.run}` tells what became of it."
        )
    if not aws.exists(run.bucket, run.report_key):
        raise CommandError(
            f"{run.report_uri} is not there: it was deleted, or the run is older than reports are. `traindrop rerun "
            f"{run.run}` trains and reports once more."
        )
    path = output or Path(f"{run.run}.html")
    if path.is_dir():
        path = path / f"{run.run}.html"
    with path.open("wb") as file:
        aws.download(run.bucket, run.report_key, None, file)
    print(json_module.dumps({"run": run.run, "dataset": run.dataset, "report": str(path)}) if json else path)
    if show and not webbrowser.open(path.resolve().as_uri()):
        print("There is no browser here to open it.", file=sys.stderr)
