"""The page in this process, on whatever AWS it is pointed at: what it is told can be made up by a test."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from tests.ui.served import TOKEN

from traindrop_cli.stack import Stack
from traindrop_cli.ui.access import Access
from traindrop_cli.ui.desk import desk_of
from traindrop_cli.ui.drafts import Drafts
from traindrop_cli.ui.routes import application
from traindrop_cli.ui.server import listener_on


@contextmanager
def served_here(stack: Stack, folder: Path) -> Iterator[str]:
    """The link to it; ends with the block."""
    listener = listener_on(0)
    access = Access(listener.getsockname()[1], TOKEN)
    app: Any = application(desk_of(stack, Drafts(folder, 1_000_000)), access)
    config = Config()
    config.bind, config.graceful_timeout, config.loglevel = [f"fd://{listener.detach()}"], 0.1, "ERROR"
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve(app, config, shutdown_trigger=ended.wait)), daemon=True
    )
    thread.start()
    try:
        yield access.link
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)
        loop.close()
