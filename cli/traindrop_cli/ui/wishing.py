"""Stopping a run and training once more: each is asked about on a page of its own first."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from traindrop_cli.find import run_in
from traindrop_cli.rerunning import answer, ask_to_rerun, refuse_never_received
from traindrop_cli.run_table import cost
from traindrop_cli.stopping import about_to_stop, ask_to_stop, run_to_stop
from traindrop_cli.ui.answers import page
from traindrop_cli.ui.desk import Desk

_OF_A_TRAINING = "What it has trained so far is lost, unless its script keeps checkpoints. What was used is billed."
_OF_A_TUNING = (
    "Trials that have ended are kept, and the best of them is evaluated; what the others have trained is lost. What "
    "was used is billed."
)


def about_to_stop_page(desk: Desk, request: Request) -> Response:
    run = run_to_stop(desk.stack, request.path_params["run"])
    values = {
        "run": run,
        "wish": "stop",
        "question": "Stop this run?",
        "facts": about_to_stop(desk.stack, run),
        "note": _OF_A_TUNING if run.tunes else _OF_A_TRAINING,
        "yes": "Stop it",
        "no": "Let it go on",
    }
    return page(desk, "wish", values)


def stop(desk: Desk, request: Request) -> Response:
    """The run's page tells when it has stopped."""
    run = run_to_stop(desk.stack, request.path_params["run"])
    ask_to_stop(desk.stack, run)
    desk.shared.expire()
    return RedirectResponse(f"/runs/{quote(run.run)}", 303)


def about_to_rerun_page(desk: Desk, request: Request) -> Response:
    run = run_in(desk.stack, request.path_params["run"])
    refuse_never_received(run)
    values = {
        "run": run,
        "wish": "rerun",
        "question": "Train once more?",
        "facts": {
            "files of": run.answered_by or run.run,
            "dataset": f"{run.dataset} ({run.file})",
            "owner": run.owner or "unknown",
            "instances": run.place,
            "cost then": cost(run) or "nothing",
        },
        "note": "The very same files and settings, with today's training script, as a run of its own.",
        "yes": "Train once more",
        "no": "Leave it",
    }
    return page(desk, "wish", values)


def rerun(desk: Desk, request: Request) -> Response:
    """To the page of the new run, once the launcher has answered."""
    run = run_in(desk.stack, request.path_params["run"])
    refuse_never_received(run)
    again = answer(desk.stack, ask_to_rerun(desk.stack, run))
    desk.shared.expire()
    return RedirectResponse(f"/runs/{quote(again.run)}", 303)
