"""How a run's progress looks: a live list of its states in a terminal, plain lines in a pipe."""

from collections import deque
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from traindrop import plain_text
from traindrop_cli.follow import WAITING, Ended, LogLine, Progress, Step
from traindrop_cli.screen import plain

_LOG_LINES_SHOWN = 8
# What goes on after each step.
NEXT = {
    "uploaded": "checking",
    "requested": "checking",
    "checked": "launching",
    WAITING: "waiting in the line",
    "repeated": "looking at the run that has the answer",
    "launched": "waiting for the instance",
    "training": "training",
    "trained": "evaluating",
    "evaluated": "notifying",
}


def watch(progress: Iterable[Progress], console: Console) -> Ended:
    """Show the progress as it comes, and return its end."""
    screen = _Screen(console)
    live = Live(screen, console=console, refresh_per_second=12) if console.is_terminal else nullcontext()
    with live:
        for event in progress:
            if isinstance(event, Ended):
                screen.over = True
                return event
            screen.show(event)
    raise RuntimeError("the progress ended before the run did")


class _Screen:
    """The states reached so far, with their times, and the last lines of the log."""

    def __init__(self, console: Console) -> None:
        self.over = False
        self._console = console
        self._steps: list[Step] = []
        self._log: deque[str] = deque(maxlen=_LOG_LINES_SHOWN)

    def show(self, event: Step | LogLine) -> None:
        if isinstance(event, LogLine):
            self._log.append(event.text)
        else:
            if event.name == WAITING and self._steps and self._steps[-1].name == WAITING:
                self._steps.pop()  # the place in the line has changed
            self._steps.append(event)
        if not self._console.is_terminal:
            self._console.print(plain(self._line(event)), highlight=False, soft_wrap=True)

    def _line(self, event: Step | LogLine) -> str:
        if isinstance(event, LogLine):
            return f"          | {event.text}"
        return f"{self._elapsed(event.at):>7} s {event.name:<10} {event.detail}".rstrip()

    def _elapsed(self, at: datetime) -> str:
        return f"{max(0.0, (at - self._steps[0].at).total_seconds()):.1f}"

    def __rich__(self) -> Group:
        lines: list[Text | Spinner] = [self._reached(step) for step in self._steps]
        if not self.over and self._steps:
            lines.append(Spinner("dots", text=NEXT.get(self._steps[-1].name, "") + " …"))
            lines += [
                Text(f"    {plain_text.line(line)}", style="dim", no_wrap=True, overflow="ellipsis")
                for line in self._log
            ]
        return Group(*lines)

    def _reached(self, step: Step) -> Text:
        done = Text.from_markup(f"[green]✓[/] [dim]{self._elapsed(step.at):>6} s[/]  [bold]{step.name:<10}[/] ")
        return done.append(plain(step.detail))
