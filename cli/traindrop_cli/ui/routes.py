"""The application: which address is answered by what."""

from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from traindrop_cli.ui import dropping, looking, wishing
from traindrop_cli.ui.access import Access
from traindrop_cli.ui.answers import failed, page
from traindrop_cli.ui.desk import Desk
from traindrop_cli.ui.guard import Guard
from traindrop_cli.ui.server import static_folder

# Not from traindrop.report: numpy comes with it, and the page is to be there at once.
_REPORT_STYLE = Path(str(files("traindrop") / "report_page" / "report.css"))

Endpoint = Callable[[Desk, Request], Response] | Callable[[Desk, Request], Awaitable[Response]]

_GET: dict[str, Endpoint] = {
    "/": looking.overview_page,
    "/events": looking.overview_events,
    "/runs/{run}": looking.run_page,
    "/runs/{run}/events": looking.run_events,
    "/runs/{run}/report": looking.report,
    "/runs/{run}/stop": wishing.about_to_stop_page,
    "/runs/{run}/rerun": wishing.about_to_rerun_page,
    "/datasets/{dataset}": looking.dataset_page,
    "/datasets/{dataset}/events": looking.dataset_events,
    "/drafts/{draft}": dropping.draft_page,
}
_POST: dict[str, Endpoint] = {
    "/drafts": dropping.add,
    "/drafts/{draft}/test": dropping.add_test,
    "/drafts/{draft}/plan": dropping.plan,
    "/drafts/{draft}/train": dropping.train,
    "/runs/{run}/stop": wishing.stop,
    "/runs/{run}/rerun": wishing.rerun,
}


def application(desk: Desk, access: Access) -> ASGIApp:
    """Everything behind the guard."""
    routes = [
        *(Route(path, _bound(endpoint, desk), methods=["GET"]) for path, endpoint in _GET.items()),
        *(Route(path, _bound(endpoint, desk), methods=["POST"]) for path, endpoint in _POST.items()),
        Route("/alive", _alive),
        Route("/static/report.css", _report_style),
        Mount("/static", StaticFiles(directory=static_folder())),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: partial(_not_found, desk), **failed(desk)},
    )
    return Guard(app, access)


def _bound(endpoint: Endpoint, desk: Desk) -> Callable[[Request], Awaitable[Response] | Response]:
    return partial(endpoint, desk)


def _alive(request: Request) -> Response:  # noqa: ARG001
    return Response(status_code=204)


def _report_style(request: Request) -> Response:  # noqa: ARG001
    """The page looks as a report does."""
    return FileResponse(_REPORT_STYLE, media_type="text/css")


def _not_found(desk: Desk, request: Request, error: Exception) -> Response:  # noqa: ARG001
    status = error.status_code if isinstance(error, HTTPException) else 500
    return page(desk, "trouble", {"text": "There is no such page here."}, status)
