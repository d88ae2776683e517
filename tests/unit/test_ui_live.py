"""What an open page is sent: what changed, once; and that AWS does not answer, and that it does again."""

import json
from collections.abc import Iterable
from typing import Any

import anyio
from botocore.exceptions import EndpointConnectionError

from traindrop_cli.errors import CommandError
from traindrop_cli.ui.live import News, stream


def sent(*looks: News | Exception) -> list[tuple[str, Any]]:
    """The events that a page gets when these are what is to be seen, one after the other."""
    given = iter(looks)

    def look() -> News:
        found = next(given)
        if isinstance(found, Exception):
            raise found
        return found

    async def collect() -> str:
        return "".join([str(part) async for part in stream(look, 0).body_iterator])

    return list(_parsed(anyio.run(collect)))


def _parsed(text: str) -> Iterable[tuple[str, Any]]:
    for block in text.split("\n\n"):
        if block.startswith("event: "):
            name, data = block.split("\ndata: ")
            yield name.removeprefix("event: "), json.loads(data)


def test_a_part_is_sent_when_it_changed_and_only_then() -> None:
    events = sent(News({"a": "1", "b": "1"}), News({"a": "1", "b": "2"}, ["line"], "said"), News({}, over=True))
    assert events == [
        ("begin", {}),
        ("part", {"id": "a", "html": "1"}),
        ("part", {"id": "b", "html": "1"}),
        ("part", {"id": "b", "html": "2"}),
        ("lines", {"lines": ["line"]}),
        ("said", {"text": "said"}),
        ("over", {}),
    ]


def test_that_aws_does_not_answer_is_told_once_and_taken_back() -> None:
    gone = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    events = sent(gone, gone, CommandError("other"), News({"a": "1"}, over=True))
    assert [name for name, _ in events] == ["begin", "trouble", "trouble", "trouble", "part", "over"]
    assert "Could not connect" in events[1][1]["text"]
    assert (events[2][1], events[3][1]) == ({"text": "other"}, {"text": ""})


def test_a_line_of_a_log_cannot_end_an_event_or_steer_what_shows_it() -> None:
    events = sent(News({}, ["a\n\nevent: over\ndata: {}\x1b[31m"], over=True))
    assert [name for name, _ in events] == ["begin", "lines", "over"]
    assert "\x1b" not in events[1][1]["lines"][0]
