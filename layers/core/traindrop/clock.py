"""The time, in one place, so that tests can hold it."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
