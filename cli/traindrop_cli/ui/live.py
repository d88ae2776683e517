"""What changed, sent to an open page as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from anyio import to_thread
from botocore.exceptions import BotoCoreError, ClientError
from starlette.responses import StreamingResponse

from traindrop import plain_text
from traindrop_cli.errors import CommandError

_RETRY_MILLISECONDS = 1000


@dataclass(frozen=True)
class News:
    """`parts`: markup by the id of the element that it belongs into; `lines`: new ones of the log; `said`: for who
    does not see the page; `over`: nothing will change any more."""

    parts: Mapping[str, str]
    lines: Sequence[str] = ()
    said: str | None = None
    over: bool = False


def stream(look: Callable[[], News], pause: float) -> StreamingResponse:
    """`look` is called every `pause` seconds, in a thread of its own, until the page is closed."""
    headers = {"Content-Type": "text/event-stream; charset=utf-8"}
    return StreamingResponse(_events(look, pause), headers=headers)


async def _events(look: Callable[[], News], pause: float) -> AsyncIterator[str]:
    yield f"retry: {_RETRY_MILLISECONDS}\n\n"
    yield _event("begin", {})
    known: dict[str, str] = {}
    trouble = ""
    while True:
        try:
            news = await to_thread.run_sync(look)
        except (BotoCoreError, ClientError, CommandError) as error:
            if trouble != str(error):
                trouble = str(error)
                yield _event("trouble", {"text": plain_text.printable(trouble)})
            await anyio.sleep(max(pause, 1.0))
            continue
        if trouble:
            trouble = ""
            yield _event("trouble", {"text": ""})
        for event in _told(news, known):
            yield event
        if news.over:
            yield _event("over", {})
            return
        # A comment, so that a broken connection is noticed.
        yield ":\n\n"
        await anyio.sleep(pause)


def _told(news: News, known: dict[str, str]) -> list[str]:
    changed = {name: html for name, html in news.parts.items() if known.get(name) != html}
    known |= changed
    return [
        *(_event("part", {"id": name, "html": html}) for name, html in changed.items()),
        *([_event("lines", {"lines": list(map(plain_text.printable, news.lines))})] if news.lines else []),
        *([_event("said", {"text": plain_text.printable(news.said)})] if news.said else []),
    ]


def _event(name: str, data: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
