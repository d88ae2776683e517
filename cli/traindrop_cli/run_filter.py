"""Which runs a listing is about: of these statuses, and begun since a time."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from traindrop.clock import now
from traindrop.run import Run, Status
from traindrop_cli.errors import CommandError

_AGO = re.compile(r"(\d{1,4})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class RunFilter:
    """None of a field: whatever it is."""

    statuses: frozenset[Status] | None = None
    since: datetime | None = None

    def of(self, runs: Iterable[Run]) -> Iterator[Run]:
        for run in runs:
            if (self.statuses is None or run.status in self.statuses) and (
                self.since is None or run.created_at >= self.since
            ):
                yield run


def run_filter(statuses: Sequence[str], since: str | None) -> RunFilter:
    """From what a person typed. Raises `CommandError`."""
    return RunFilter(
        frozenset(map(_status, statuses)) if statuses else None, None if since is None else _time(since.strip())
    )


def _status(text: str) -> Status:
    found = [status for status in Status if status.value.lower() == text.lower()]
    if not found:
        raise CommandError(f"--status {text}: there is no such status. Expected one of {', '.join(Status)}.")
    return found[0]


def _time(text: str) -> datetime:
    """A time ago, or a day or time in UTC where it names no other zone."""
    if ago := _AGO.fullmatch(text):
        return now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"--since {text}: expected a time ago such as 30m, 12h, 7d, 2w, or a day or time in UTC such as 2026-11-12 "
            "or 2026-11-12T08:30."
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
