"""Answers: pages, JSON for the script of a page, and what went wrong in either."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from traindrop import plain_text
from traindrop.errors import LaunchRefused, Rejected
from traindrop_cli.errors import CommandError
from traindrop_cli.ui.desk import Desk
from traindrop_cli.ui.drafts import TooLarge
from traindrop_cli.ui.pages import render

_STATUSES: Mapping[type[Exception], int] = {
    CommandError: 400,
    Rejected: 422,
    LaunchRefused: 422,
    TooLarge: 413,
    ClientError: 502,
    BotoCoreError: 502,
}


def page(desk: Desk, name: str, values: Mapping[str, Any], status: int = 200) -> Response:
    where = "local AWS" if desk.stack.is_local else f"stack {desk.stack.name}"
    shared = {"where": where, "where_exactly": desk.stack.where, "drafts": desk.drafts}
    return HTMLResponse(render(name, {**shared, **values}), status)


def failed(desk: Desk) -> dict[Any, Callable[[Request, Exception], Response]]:
    """How each kind of error is told: as a page, or as JSON where a script asks."""

    def answer(request: Request, error: Exception) -> Response:
        status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"error": plain_text.printable(str(error))}, status)
        return page(desk, "trouble", {"text": str(error)}, status)

    return dict.fromkeys(_STATUSES, answer)
