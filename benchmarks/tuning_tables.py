"""What `benchmarks.tuning` found, in Markdown: each way against random search, and against the defaults."""

from collections.abc import Mapping, Sequence

import numpy as np
from benchmarks.tuning_fits import Data, all_data
from benchmarks.tuning_search import Found
from scipy import stats

RANDOM = "random"
# By dataset, way and seed.
Results = Mapping[str, Mapping[str, Sequence[Found]]]

_COLUMNS = (
    "way", "validation", "test", "gain over random, validation", "gain over random, test", "gain over defaults, test",
    "seeds below random, validation", "trials stopped", "rounds, of random's",
)  # fmt: skip


def tables(results: Results) -> str:
    """One for each dataset. Gains are means over the seeds with 95 % intervals, better is above 0."""
    data = {each.name: each for each in all_data()}
    lines = []
    for name, ways in results.items():
        seeds = len(ways[RANDOM])
        lines += [f"\n{name}, {data[name].metric}, {seeds} seeds\n"]
        lines += [f"| {' | '.join(_COLUMNS)} |", "| --- " * len(_COLUMNS) + "|"]
        lines += [f"| {' | '.join([way, *_row(found, ways[RANDOM], data[name])])} |" for way, found in ways.items()]
    return "\n".join(lines)


def _row(found: Sequence[Found], random: Sequence[Found], data: Data) -> list[str]:
    better = 1.0 if data.direction == "maximize" else -1.0

    def gains(ours: str, others: Sequence[Found], theirs: str) -> list[float]:
        pairs = zip(found, others, strict=True)
        return [better * (getattr(one, ours) - getattr(other, theirs)) for one, other in pairs]

    in_validation = gains("validation", random, "validation")
    return [
        f"{np.mean([each.validation for each in found]):.4g}",
        f"{np.mean([each.test for each in found]):.4g}",
        interval(in_validation),
        interval(gains("test", random, "test")),
        interval(gains("test", found, "defaults_test")),
        f"{sum(gain < 0 for gain in in_validation)} of {len(found)}",
        f"{np.mean([each.stopped for each in found]):.1f}",
        f"{sum(each.rounds for each in found) / sum(each.rounds for each in random):.0%}",
    ]


def interval(differences: Sequence[float]) -> str:
    """The mean, and a 95 % interval of it by Student's t."""
    middle = float(np.mean(differences))
    if len(differences) < 2:
        return f"{middle:+.4f}"
    half = float(stats.t.ppf(0.975, len(differences) - 1) * stats.sem(differences))
    return f"{middle:+.4f} ({middle - half:+.4f} to {middle + half:+.4f})"
