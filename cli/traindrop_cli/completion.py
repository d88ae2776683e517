"""What the shell offers after Tab: names of datasets and runs, of the stack that the command would be about.

Silent whatever happens. Where no stack is named and no local AWS runs, nothing is asked: someone at a prompt should not
wait for an AWS that may not be there.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from traindrop.run import Run


def datasets(context: typer.Context, incomplete: str) -> list[str]:
    return _offered(context, incomplete, lambda run: run.dataset)


def runs(context: typer.Context, incomplete: str) -> list[str]:
    """The newest first."""
    return _offered(context, incomplete, lambda run: run.run)


def statuses(incomplete: str) -> list[str]:
    from traindrop.run import Status

    return [status.value for status in Status if status.value.startswith(incomplete)]


def _offered(context: typer.Context, incomplete: str, name: "Callable[[Run], str]") -> list[str]:
    names: dict[str, None] = {}
    with suppress(Exception):
        names = dict.fromkeys(map(name, _runs(context.params.get("stack"))))
    return [each for each in _not_given(context, names) if each.startswith(incomplete)]


def _not_given(context: typer.Context, names: Iterable[str]) -> Iterator[str]:
    """`traindrop compare A <Tab>` offers the others."""
    given = context.params.get("runs") or ()
    return (name for name in names if name not in given)


def _runs(stack: str | None) -> "list[Run]":
    from traindrop_cli.find import find_stack
    from traindrop_cli.listing import listing
    from traindrop_cli.local_note import running

    return listing(find_stack(stack))[0] if stack or running() else []
