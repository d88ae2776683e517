"""What would become of a CSV, before it is dropped: nothing is uploaded, launched or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from traindrop.ceilings import priced
from traindrop.column import Column
from traindrop.dataset import examine
from traindrop.drop import SAMPLE_BYTES, Decision, Drop, Read, decide
from traindrop.estimate import Estimate
from traindrop.placing import Sizes, Trainers, estimated, prices_of
from traindrop.preparing import job_of, requests_of
from traindrop.prices import PriceList
from traindrop.settings import LauncherSettings


@dataclass(frozen=True)
class Plan:
    """What the check learned and what the launcher would do.

    `columns` are those of the file, empty where it has no header; `complete`: all of it was seen. `needed` is None for
    a script that was not measured. `request`: of a run that tunes that of its tuning job, and `defaults_request` that
    of the job beside it.
    """

    decided: Decision
    columns: Sequence[Column]
    complete: bool
    request: dict[str, Any]
    needed: Estimate | None
    defaults_request: dict[str, Any] | None = None


def plan(drop: Drop, read: Read, settings: LauncherSettings, trainers: Trainers, prices: Sequence[PriceList]) -> Plan:
    """Raises `Rejected` with the message that a person would get after the drop."""
    run = drop.as_run(drop.run_name(settings), settings)
    decided = decide(drop, run, settings.training_scripts, trainers, read)
    region = settings.aws_region
    decided = priced(decided, prices_of(decided.placement, prices, region), region)
    complete = drop.upload.size <= SAMPLE_BYTES
    columns = () if decided.headerless else examine(read(drop.upload), complete=complete).columns
    requests = requests_of(decided, job_of(decided, None, settings))
    run = decided.run
    defaults = requests.get(run.defaults_request_key)
    return Plan(decided, columns, complete, requests[run.request_key], _needed(decided), defaults)


def _needed(decided: Decision) -> Estimate | None:
    """Only our own script of framework xgboost was measured."""
    if decided.config.framework != "xgboost" or decided.code.own or decided.training is None:
        return None
    return estimated(decided.config, decided.training, Sizes(decided.run.size, decided.run.test_size))
