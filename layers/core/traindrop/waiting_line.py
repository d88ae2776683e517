"""The line of runs that wait for an instance, or for one of the stack's places for jobs."""

import heapq
from collections.abc import Container, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count, takewhile

from pydantic import BaseModel, ConfigDict


class Place(BaseModel):
    """One waiting run as the index by stage shows it; `created_at` is when it came."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    run: str
    created_at: datetime
    instance_type: str
    waits_for: str | None = None
    not_before: datetime | None = None

    @property
    def since(self) -> datetime:
        """Since when it waits: of a further attempt since that may be made, not since the first one's upload."""
        return self.created_at if self.not_before is None else max(self.created_at, self.not_before)

    @property
    def order(self) -> tuple[datetime, str]:
        """First come, first served; of those who came at the same moment, by name."""
        return self.created_at, self.run


def ahead_of(place: Place, line: Iterable[Place]) -> list[Place]:
    """Those who came earlier and wait for the same instance type."""
    return [other for other in line if _is_ahead(other, place)]


def has_to_wait(place: Place, line: Iterable[Place], patience: timedelta) -> bool:
    """Whether there is one in the line of its instance type that a new run may not overtake; read as far as needed.

    Those that came in the last moment, and were not refused yet, are being launched just now, as this one is: with them
    it does not matter who is first. `patience`: how long that may take.
    """
    earlier = takewhile(lambda other: other.created_at <= place.created_at, line)
    return any(
        other.waits_for is not None or place.created_at - other.created_at > patience
        for other in earlier
        if _is_ahead(other, place)
    )


def _is_ahead(other: Place, place: Place) -> bool:
    return other.instance_type == place.instance_type and other.order < place.order


def first_come(lines: Iterable[Iterator[Place]], full: Container[str]) -> Iterator[Place]:
    """The places of several lines, one for each instance type, as one line in order of coming.

    Of a line whose type is in `full` by then, no more is read.
    """
    tie = count()
    heads = [(place.order, next(tie), place, line) for line in lines if (place := next(line, None))]
    heapq.heapify(heads)
    while heads:
        _, _, place, line = heapq.heappop(heads)
        if place.instance_type in full:
            continue
        yield place
        following = None if place.instance_type in full else next(line, None)
        if following is not None:
            heapq.heappush(heads, (following.order, next(tie), following, line))
