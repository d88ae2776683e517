"""What is looked at: the list, a run, its report, a dataset. Each page comes whole, and goes on by events."""

import io

from starlette.requests import Request
from starlette.responses import Response

from traindrop import aws
from traindrop.run import Status
from traindrop_cli.errors import CommandError
from traindrop_cli.find import run_in
from traindrop_cli.ui.answers import page
from traindrop_cli.ui.dataset_page import DatasetPage
from traindrop_cli.ui.desk import Desk
from traindrop_cli.ui.live import stream
from traindrop_cli.ui.overview import Overview, Wanted, overview
from traindrop_cli.ui.run_page import RunPage

# The report has no script; where one got into it all the same, it has no way to run, and no cookie.
_REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def overview_page(desk: Desk, request: Request) -> Response:
    desk.shared.expire()
    runs, line = desk.shared.read()
    wanted = _wanted(request)
    values = {
        "wanted": wanted,
        "datasets": sorted({run.dataset for run in runs}),
        "statuses": [status.value for status in Status],
        "events": f"/events?{request.url.query}",
    }
    return page(desk, "overview", {**values, **overview(runs, line, wanted)})


def overview_events(desk: Desk, request: Request) -> Response:
    return stream(Overview(desk.shared, _wanted(request)).look, desk.pause)


def _wanted(request: Request) -> Wanted:
    return Wanted(request.query_params.get("dataset", ""), request.query_params.get("status", ""))


def run_page(desk: Desk, request: Request) -> Response:
    run = run_in(desk.stack, request.path_params["run"])
    shown = RunPage(desk.stack, run.run)
    return page(desk, "run", shown.values(run, desk.shared.read()[1]))


def run_events(desk: Desk, request: Request) -> Response:
    return stream(RunPage(desk.stack, request.path_params["run"]).look, desk.pause)


def report(desk: Desk, request: Request) -> Response:
    """The report of an evaluated run, as it lies in the bucket."""
    run = run_in(desk.stack, request.path_params["run"])
    found = io.BytesIO()
    if run.report_uri is None or not aws.download(run.bucket, run.report_key, None, found):
        raise CommandError(f"{run.run} has no report: it is {run.status.value}, or its report was deleted.")
    return Response(found.getvalue(), headers={"Content-Security-Policy": _REPORT_POLICY}, media_type="text/html")


def dataset_page(desk: Desk, request: Request) -> Response:
    dataset = request.path_params["dataset"]
    shown = DatasetPage(desk.stack, desk.shared, dataset)
    desk.shared.expire()
    runs = [run for run in desk.shared.read()[0] if run.dataset == dataset]
    if not runs:
        raise CommandError(f"There is no run of a dataset {dataset!r} in {desk.stack.where}.")
    return page(desk, "dataset", {"dataset": dataset, **shown.values(runs)})


def dataset_events(desk: Desk, request: Request) -> Response:
    return stream(DatasetPage(desk.stack, desk.shared, request.path_params["dataset"]).look, 2 * desk.pause)
