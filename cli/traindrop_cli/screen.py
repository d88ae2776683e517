"""Where a command writes to."""

import sys

from rich.console import Console

# In a pipe there is no width; tables should not be folded for a terminal that is not there.
_PIPE_WIDTH = 200


def console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error: as wide as the terminal, or wide where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _PIPE_WIDTH)
