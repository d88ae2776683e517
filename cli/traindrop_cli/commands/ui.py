"""`traindrop ui`."""

import os
import socket
import tempfile
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

from traindrop_cli.find import find_stack
from traindrop_cli.local_stack import borrowed_local_stack
from traindrop_cli.screen import console
from traindrop_cli.stack import Stack
from traindrop_cli.ui.desk import desk_of
from traindrop_cli.ui.drafts import Drafts
from traindrop_cli.ui.routes import application
from traindrop_cli.ui.server import TOKEN_VARIABLE, listener_on, serve, token_of

_MEGABYTE = 1000**2


def run_ui(port: int, *, show: bool, max_size: int, use_local: bool, stack: str | None) -> None:
    """Serve the page until Ctrl-C. Raises `CommandError`."""
    token = token_of(os.environ.get(TOKEN_VARIABLE))
    listener = listener_on(port)
    with ExitStack() as resources:
        screen = console(stderr=True)
        found = resources.enter_context(borrowed_local_stack(screen)) if use_local else find_stack(stack)
        _serve(found, listener, token, show=show, max_size=max_size)
    # Threads that still wait for AWS are not waited for.
    os._exit(0)


def _serve(found: Stack, listener: socket.socket, token: str, *, show: bool, max_size: int) -> None:
    def ready(link: str) -> None:
        print(f"{link}\n\nThe page of {found.where}, for this computer only. Ctrl-C ends it.", flush=True)
        if show:
            # A browser in the terminal ends when the person is done.
            Thread(target=_open, args=[link], daemon=True).start()

    with tempfile.TemporaryDirectory(prefix="traindrop-ui-") as folder:
        desk = desk_of(found, Drafts(Path(folder), max_size * _MEGABYTE))
        serve(lambda access: application(desk, access), listener, token, ready)


def _open(link: str) -> None:
    if not webbrowser.open(link):
        print("There is no browser here to open it: open the link yourself.", flush=True)
