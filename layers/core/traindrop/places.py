"""Which of a run's files are there, and the links to them."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Places:
    """Keys of the bucket that hold an object; `links`, by key, work for whoever has them until `links_end`."""

    found: Set[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    links_end: datetime | None = None


NOWHERE = Places()
