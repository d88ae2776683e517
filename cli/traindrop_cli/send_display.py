"""How an upload looks: a bar in a terminal, a line for each large file in a pipe."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from traindrop import plain_text
from traindrop_cli.screen import plain
from traindrop_cli.sending import PART, Sent, Tell


@contextmanager
def shown(console: Console) -> Iterator[Tell]:
    """What `send` is to tell, while the block lasts."""
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    bars: dict[Path, TaskID] = {}
    # The bars go; that the file is there is the first line of what follows.
    with Progress(
        TextColumn("{task.description}", markup=False), *columns, console=console, transient=True,
        disable=not console.is_terminal,
    ) as progress:  # fmt: skip

        def tell(sent: Sent) -> None:
            if sent.path not in bars:
                bars[sent.path] = progress.add_task(plain_text.line(sent.path.name, 40), total=sent.size)
                if sent.size > PART:
                    progress.console.print(plain(_begun(sent)), highlight=False, soft_wrap=True)
            progress.update(bars[sent.path], completed=sent.done)

        yield tell


def _begun(sent: Sent) -> str:
    size = plain_text.size(sent.size)
    if not sent.found:
        return f"Uploading {sent.path.name}, {size}"
    there = plain_text.size(sent.found)
    return f"Going on with an earlier upload of {sent.path.name}: {there} of {size} are there"
