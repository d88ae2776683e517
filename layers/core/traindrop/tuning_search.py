"""How the search of a tuning stands, its trials left aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Search:
    """How the search for settings stands, the trial with the defaults left aside; `reason`: why it failed."""

    status: Literal["InProgress", "Stopping", "Completed", "Failed", "Stopped"]
    reason: str | None = None
    ended_at: datetime | None = None
    instance_type: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in {"Completed", "Failed", "Stopped"}
