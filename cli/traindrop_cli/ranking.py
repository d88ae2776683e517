"""The tested runs of a dataset, the best first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from traindrop.run import Run
from traindrop.verdict import LOWER_IS_BETTER
from traindrop_cli.comparison import same_test_file


@dataclass(frozen=True)
class Ranked:
    """`place`: from 1, among those that were tested on the same rows as the first; None for the others, who follow."""

    run: Run
    place: int | None
    value: float
    is_champion: bool


def ranked(runs: Sequence[Run], metric: str, champion: str | None) -> list[Ranked]:
    """Those of which the metric is known, on the test rows of the champion, or else of the newest of them."""
    known = [(run, value) for run in runs if (value := run.metrics.get(metric)) is not None]
    newest = max(known, key=lambda each: each[0].created_at, default=None)
    reference = next((run for run, _ in known if run.run == champion), newest and newest[0])
    if reference is None:
        return []
    on_its_rows = {run.run for run, _ in known if same_test_file(run, reference)}
    sign = 1 if metric in LOWER_IS_BETTER else -1
    known.sort(key=lambda each: (each[0].run not in on_its_rows, sign * each[1], each[0].created_at))
    return [
        Ranked(run, number if run.run in on_its_rows else None, value, run.run == champion)
        for number, (run, value) in enumerate(known, start=1)
    ]


def main_metric(runs: Sequence[Run], champion: str | None) -> str | None:
    """The champion's, or else that of the newest tested run; None where none was tested."""
    tested = sorted((run for run in runs if run.metrics), key=lambda run: run.created_at, reverse=True)
    first = next((run for run in tested if run.run == champion), tested[0] if tested else None)
    return first.main_metric if first else None
