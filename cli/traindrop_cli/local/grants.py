"""Keeps which permissions of which roles a local AWS has really granted, for tests that look for those nobody needs."""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Grant:
    """A statement of a role's policy that allowed a request.

    `session` is the name under which the role was assumed: of a handler its function, of a training `SageMaker`.
    `resource` is the pattern of the statement that the request's resource matched, not the resource itself.
    """

    role: str
    session: str
    sid: str
    action: str
    resource: str


class GrantFile:
    """Writes each grant once, as a line of JSON, as soon as it is seen; may be called from any thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: set[Grant] = set()
        self._lock = threading.Lock()

    def add(self, grant: Grant) -> None:
        with self._lock:
            if grant not in self._seen:
                self._seen.add(grant)
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(asdict(grant)) + "\n")


def read_grants(file: Path) -> set[Grant]:
    """What a GrantFile has written so far; nothing where there is no file yet."""
    if not file.exists():
        return set()
    return {Grant(**json.loads(line)) for line in file.read_text("utf-8").splitlines()}
