"""The time, in one place, so that tests can hold it."""

from datetime import UTC, datetime, timedelta

# So long whoever works through a list of runs begins with a further one: far below the functions' time-out, at which it
# would be cut off in the midst of one. The next round, at the latest in a minute, goes on.
ROUND = timedelta(seconds=30)


def now() -> datetime:
    return datetime.now(UTC)
