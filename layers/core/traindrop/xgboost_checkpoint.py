"""A growing XGBoost model in a file that outlives an interrupted job, and is there again when the job goes on.

It goes with the training scripts into the container: Python 3.10-safe.
"""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from traindrop.lean_xgboost import xgb
from traindrop.training_script import Array, checkpoint_folder, fingerprint, replacing
from traindrop.xgboost_hosts import Group, told_by

INTERVAL = 1.0  # seconds from one save to the next, at least: about as much work is done again at the most
PAUSE = 10.0  # times as long as a save took until the next one, at least: a large model takes long to write
_MARK, _HISTORY = "fingerprint", "history"  # attributes of the model in the file, beside XGBoost's own


class Checkpoint:
    """The checkpoint of one fit. Only the first host of a group reads and writes it: SageMaker copies the folders of
    all to the same place. Without a checkpoint folder it keeps nothing."""

    def __init__(self, name: str, settings: dict[str, Any], data: Iterable[Array], group: Group) -> None:
        """`settings` and `data` are what the model depends on: a checkpoint of others is not gone on from.

        The data are looked at only where there is a checkpoint folder."""
        folder = checkpoint_folder() if group.is_first else None
        self._group = group
        self._path = folder / f"{name}.ubj" if folder else None
        self._mark = fingerprint(settings, data) if folder else ""
        self._due = time.monotonic() + INTERVAL

    def restored(self, parameters: dict[str, Any]) -> tuple[xgb.Booster | None, dict[str, Any]]:
        """The model so far and its history, on every host of the group; None and an empty one at the beginning."""
        content = told_by(0, self._content(), self._group)
        if not content:
            return None, {}
        booster = xgb.Booster(parameters, model_file=bytearray(content))
        history: dict[str, Any] = json.loads(booster.attr(_HISTORY))
        booster.set_attr(**{_MARK: None, _HISTORY: None})
        return booster, history

    def save(self, booster: xgb.Booster, history: dict[str, Any], *, now: bool = False) -> None:
        """Keep the model, if the last save was long enough ago, or `now`."""
        began = time.monotonic()
        if self._path is None or (began < self._due and not now):
            return
        booster.set_attr(**{_MARK: self._mark, _HISTORY: json.dumps(history)})
        with replacing(self._path) as partial:
            booster.save_model(partial)
        booster.set_attr(**{_MARK: None, _HISTORY: None})
        ended = time.monotonic()
        self._due = ended + max(INTERVAL, PAUSE * (ended - began))

    def _content(self) -> bytes:
        if self._path is None or not self._path.is_file():
            return b""
        mark = _mark_of(self._path)
        if mark != self._mark:
            print(
                f"The checkpoint {self._path.name} is of other data or settings, or damaged, and not used", flush=True
            )
            return b""
        print(f"Going on from the checkpoint {self._path.name}", flush=True)
        return self._path.read_bytes()


def _mark_of(path: Path) -> str | None:
    try:
        found: str | None = xgb.Booster(model_file=path).attr(_MARK)
    except xgb.core.XGBoostError:
        return None
    return found
