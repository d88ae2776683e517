"""Where a command writes to, and what it may write there: text, never markup or what steers a terminal."""

import sys

from rich.console import Console
from rich.text import Text

from traindrop import plain_text

# In a pipe there is no width; tables should not be folded for a terminal that is not there.
_PIPE_WIDTH = 200


def console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error: as wide as the terminal, or wide where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    # A dataset may be called [red]; and a number in a sentence needs no colour.
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def plain(text: str, style: str = "") -> Text:
    """Text that came from a file, a log or a person, to be shown as it is read."""
    return Text(plain_text.printable(text), style)
