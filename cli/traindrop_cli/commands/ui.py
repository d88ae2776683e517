"""`traindrop ui`."""

import os
import tempfile
import webbrowser
from pathlib import Path

from traindrop_cli.find import find_stack
from traindrop_cli.ui.desk import desk_of
from traindrop_cli.ui.drafts import Drafts
from traindrop_cli.ui.routes import application
from traindrop_cli.ui.server import TOKEN_VARIABLE, listener_on, serve, token_of

_MEGABYTE = 1000**2


def run_ui(port: int, *, show: bool, max_size: int, stack: str | None) -> None:
    """Serve the page until Ctrl-C. Raises `CommandError`."""
    found = find_stack(stack)
    token = token_of(os.environ.get(TOKEN_VARIABLE))
    listener = listener_on(port)

    def ready(link: str) -> None:
        print(f"{link}\n\nThe page of {found.where}, for this computer only. Ctrl-C ends it.", flush=True)
        if show and not webbrowser.open(link):
            print("There is no browser here to open it: open the link yourself.", flush=True)

    with tempfile.TemporaryDirectory(prefix="traindrop-ui-") as folder:
        desk = desk_of(found, Drafts(Path(folder), max_size * _MEGABYTE))
        serve(lambda access: application(desk, access), listener, token, ready)
    # Threads that still wait for AWS are not waited for.
    os._exit(0)
