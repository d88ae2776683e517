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
from traindrop.clock import now
from traindrop.cost import dollars
from traindrop_cli.curve_line import curve_lines
from traindrop_cli.follow import WAITING, Billing, Ended, LogLine, Progress, Step
from traindrop_cli.rounds import Rounds
from traindrop_cli.run_trials import RunTrials
from traindrop_cli.screen import plain
from traindrop_cli.trial_lines import cost_so_far, ended_trials, standing_lines

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
    """The states reached so far, with their times; while it trains the metrics, the cost, the last lines of the log,
    of one that tunes its trials."""

    def __init__(self, console: Console) -> None:
        self.over = False
        self._console = console
        self._steps: list[Step] = []
        self._log: deque[str] = deque(maxlen=_LOG_LINES_SHOWN)
        self._rounds = Rounds()
        self._billing: Billing | None = None
        self._tuned: RunTrials | None = None
        self._trials_told: set[str] = set()

    def show(self, event: Step | LogLine | Billing | RunTrials) -> None:
        if isinstance(event, Billing):
            self._billing = event
            return
        if isinstance(event, RunTrials):
            self._tune(event)
            return
        if isinstance(event, LogLine):
            # In a terminal they are a curve.
            if not self._rounds.add(event.text):
                self._log.append(event.text)
        else:
            self._reach(event)
        self._tell(event)

    def _tell(self, event: Step | LogLine) -> None:
        """In a pipe; a terminal shows all of it as it stands."""
        if not self._console.is_terminal:
            self._console.print(plain(self._line(event)), highlight=False, soft_wrap=True)

    def _tune(self, tuned: RunTrials) -> None:
        self._tuned = tuned
        for at, trial, detail in ended_trials(tuned, self._trials_told):
            self._tell(Step(trial, at, detail))

    def _reach(self, step: Step) -> None:
        if step.name == WAITING and self._steps and self._steps[-1].name == WAITING:
            self._steps.pop()  # the place in the line has changed
        if step.name in {"launched", "trained"}:
            self._billing = None
        if step.name == "launched":
            self._rounds, self._tuned = Rounds(), None  # a further attempt begins anew
        self._steps.append(step)

    def _line(self, event: Step | LogLine) -> str:
        if isinstance(event, LogLine):
            return f"          | {event.text}"
        return f"{self._elapsed(event.at):>7} s {event.name:<10} {event.detail}".rstrip()

    def _elapsed(self, at: datetime) -> str:
        return f"{max(0.0, (at - self._steps[0].at).total_seconds()):.1f}"

    def __rich__(self) -> Group:
        lines: list[Text | Spinner] = [self._reached(step) for step in self._steps]
        ascii_only = self._console.options.ascii_only
        lines += map(self._below, curve_lines(self._rounds, ascii_only=ascii_only))
        if self._tuned is not None:
            lines += [self._below(plain_text.line(each)) for each in standing_lines(self._tuned, ascii_only=ascii_only)]
        if not self.over and self._steps:
            lines.append(Spinner("dots", text=f"{NEXT.get(self._steps[-1].name, '')} … {self._so_far()}"))
            lines += [self._below(plain_text.line(line)) for line in self._log]
        return Group(*lines)

    def _so_far(self) -> str:
        at = now()
        seconds = f"{self._elapsed(at).partition('.')[0]} s"
        if self._tuned is not None and self._steps[-1].name in {"launched", "training"}:
            return f"{seconds}{cost_so_far(self._tuned, at)}"
        if self._billing is None:
            return seconds
        most = "" if self._billing.most is None else f", {dollars(self._billing.most)} at the most"
        return f"{seconds}, {dollars(self._billing.so_far(at))} so far{most}"

    def _below(self, text: str) -> Text:
        return Text(f"    {text}", style="dim", no_wrap=True, overflow="ellipsis")

    def _reached(self, step: Step) -> Text:
        done = Text.from_markup(f"[green]✓[/] [dim]{self._elapsed(step.at):>6} s[/]  [bold]{step.name:<10}[/] ")
        return done.append(plain(step.detail))
