"""Records of one kind in the ledger, each replaced as a whole: who writes has seen what it replaces, or tries anew."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from traindrop.ledger import Ledger, RecordKind

_Record = TypeVar("_Record")
# Conflicting writes are those of few functions that end at the same time: more in a row are no accident.
_TRIES = 20


class Records(Generic[_Record]):
    """`read` and `written` turn a record's JSON into what it stands for, and back."""

    def __init__(
        self,
        ledger: Ledger,
        kind: RecordKind,
        read: Callable[[Mapping[str, Any]], _Record],
        written: Callable[[_Record], dict[str, Any]],
    ) -> None:
        self._ledger, self._kind, self._read, self._written = ledger, kind, read, written

    def get(self, name: str) -> _Record | None:
        found = self._ledger.record(self._kind, name)
        return None if found is None else self._read(found[1])

    def stored(self, name: str) -> _Record:
        """A record that is known to be there. Raises `KeyError` where it is not."""
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def add(self, name: str, record: _Record) -> _Record:
        """The record of that name: this one, unless there was one."""
        if self._ledger.write_record(self._kind, name, 0, self._written(record)):
            return record
        return self.stored(name)

    def change(self, name: str, step: Callable[[_Record], _Record | None]) -> _Record | None:
        """Replace a record by what `step` makes of it, as one step; None where that is None, or there is no record.

        Where another was faster, `step` is asked again.
        """
        for _ in range(_TRIES):
            found = self._ledger.record(self._kind, name)
            if found is None:
                return None
            version, content = found
            record = step(self._read(content))
            if record is None or self._ledger.write_record(self._kind, name, version, self._written(record)):
                return record
        raise RuntimeError(f"the {self._kind} {name} is being changed by others all the time")
