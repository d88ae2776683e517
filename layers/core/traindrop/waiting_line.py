"""The line of runs that wait for an instance, or for one of the stack's places for jobs."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict


class Place(BaseModel):
    """One waiting run as the index by stage shows it; `turn` is when it came."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    turn: datetime
    instance_type: str
    waits_for: str | None = None
    not_before: datetime | None = None


def ahead_of(place: Place, line: Iterable[Place]) -> list[Place]:
    """Those who came earlier and wait for the same instance type."""
    return [
        other
        for other in line
        if other.instance_type == place.instance_type and (other.turn, other.run) < (place.turn, place.run)
    ]


def has_to_wait(place: Place, line: Iterable[Place], patience: timedelta) -> int:
    """How many runs a new one may not overtake.

    Those that came in the last moment, and were not refused yet, are being launched just now, as this one is: with them
    it does not matter who is first. `patience`: how long that may take.
    """
    return sum(other.waits_for is not None or place.turn - other.turn > patience for other in ahead_of(place, line))
