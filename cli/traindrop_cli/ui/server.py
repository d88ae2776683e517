"""Serving the page on the loopback until Ctrl-C."""

import asyncio
import logging
import re
import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from traindrop_cli.errors import CommandError
from traindrop_cli.ui.access import LOOPBACK, Access

TOKEN_VARIABLE = "TRAINDROP_UI_TOKEN"  # noqa: S105 - its name
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")


def token_of(given: str | None) -> str:
    """The token that was given, else one at random. Raises `CommandError`."""
    if given is None:
        return secrets.token_urlsafe(32)
    if _TOKEN.fullmatch(given) is None:
        raise CommandError(
            f"{TOKEN_VARIABLE} has to be 20 to 200 letters, digits, _ or -, for example of: openssl rand -hex 32"
        )
    return given


def listener_on(port: int) -> socket.socket:
    """On the loopback; port 0 is a free one. Raises `CommandError`."""
    try:
        return socket.create_server((LOOPBACK, port), backlog=128)
    except OSError as error:
        raise CommandError(
            f"Port {port} of {LOOPBACK}: {error.strerror}. Choose another with --port; without it a free one is taken."
        ) from error


def serve(app_of: Callable[[Access], Any], listener: socket.socket, token: str, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; `ready` is called with the link once it is listened to."""
    access = Access(listener.getsockname()[1], token)
    asyncio.run(_serve(app_of(access), listener, lambda: ready(access.link)))


async def _serve(app: Any, listener: socket.socket, ready: Callable[[], None]) -> None:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    ready()
    await hypercorn_serve(app, _config(listener), shutdown_trigger=ended.wait)


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = _quiet()
    config.include_server_header = False
    # The streams of open pages would never end by themselves.
    config.graceful_timeout = 0.1
    return config


def _quiet() -> logging.Logger:
    found = logging.getLogger("traindrop.ui")
    found.setLevel(logging.ERROR)
    return found


def static_folder() -> Path:
    return Path(__file__).parent / "static"
