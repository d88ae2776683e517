"""From a file that is given to the page to the run that it becomes."""

from collections.abc import Mapping
from urllib.parse import parse_qs, quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from traindrop.errors import Rejected
from traindrop.ledger import Ledger
from traindrop_cli.answering import answer_to
from traindrop_cli.errors import CommandError
from traindrop_cli.ui import draft_page as shown_draft
from traindrop_cli.ui.answers import page
from traindrop_cli.ui.choices import choices_of_form
from traindrop_cli.ui.desk import Desk
from traindrop_cli.ui.drafts import Draft
from traindrop_cli.ui.pages import render
from traindrop_cli.upload import drop

_MOST_FORM_BYTES = 1024 * 1024
_MOST_FIELDS = 1000
# The launcher answers within seconds; where it takes longer the list will show the run.
_ANSWER_SECONDS = 60.0


async def add(desk: Desk, request: Request) -> Response:
    """Take the file that is the body; its name and dataset are in the address."""
    draft = await desk.drafts.add(_name(request), request.stream(), _length(request))
    dataset = request.query_params.get("dataset", "")
    await run_in_threadpool(shown_draft.begin, draft, desk.stack, dataset)
    return JSONResponse({"location": f"/drafts/{draft.id}"})


async def add_test(desk: Desk, request: Request) -> Response:
    draft = _draft(desk, request)
    await desk.drafts.add_test(draft, _name(request), request.stream(), _length(request))
    return JSONResponse({"location": f"/drafts/{draft.id}"})


def _name(request: Request) -> str:
    return unquote(request.query_params.get("name", ""))


def _length(request: Request) -> int | None:
    given = request.headers.get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() else None


def _draft(desk: Desk, request: Request) -> Draft:
    return desk.drafts.get(request.path_params["draft"])


def draft_page(desk: Desk, request: Request) -> Response:
    return page(desk, "draft", shown_draft.shown(_draft(desk, request), desk.stack))


async def plan(desk: Desk, request: Request) -> Response:
    """What would become of it as the form says; with another dataset, as that one's training.yaml says."""
    draft = _draft(desk, request)
    before = draft.choices.dataset
    form = await _form(request)
    return await run_in_threadpool(_plan, desk, draft, form, before)


def _plan(desk: Desk, draft: Draft, form: Mapping[str, list[str]], before: str) -> Response:
    _choose(draft, form)
    other = draft.choices.dataset != before
    if other:
        shown_draft.begin(draft, desk.stack, draft.choices.dataset)
    values = shown_draft.shown(draft, desk.stack)
    names = ["draft_plan", "draft_columns", *(["draft_choices"] if other else [])]
    return JSONResponse({"parts": {name.removeprefix("draft_"): render(name, values) for name in names}})


async def _form(request: Request) -> dict[str, list[str]]:
    body = b""
    async for block in request.stream():
        body += block
        if len(body) > _MOST_FORM_BYTES:
            raise CommandError("The form is larger than any that this page has.")
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)


def _choose(draft: Draft, form: Mapping[str, list[str]]) -> None:
    """Raises `Rejected` where the file cannot be read."""
    names = draft.seen.findings.names
    draft.choices = choices_of_form(form, names, shown_draft.SHOWN_COLUMNS, draft.choices)


async def train(desk: Desk, request: Request) -> Response:
    draft = _draft(desk, request)
    form = await _form(request)
    return await run_in_threadpool(_train, desk, draft, form)


def _train(desk: Desk, draft: Draft, form: Mapping[str, list[str]]) -> Response:
    """Upload, and the address of the run that answers. Raises `CommandError` where it is being uploaded already."""
    if not draft.dropping.acquire(blocking=False):
        raise CommandError("This file is being uploaded already, maybe from another tab. The list will show its run.")
    try:
        _choose(draft, form)
        if not draft.choices.target:
            raise Rejected("No target is chosen. Choose the column to predict.")
        dropped = drop(desk.stack, shown_draft.files_of(draft), draft.choices.dataset)
        ledger = Ledger(desk.stack.table)
        run = answer_to(ledger, dropped.upload, seconds=_ANSWER_SECONDS, pause=desk.pause / 4)
    finally:
        draft.dropping.release()
    desk.shared.expire()
    return JSONResponse({"location": f"/runs/{quote(run)}" if run else "/"})
