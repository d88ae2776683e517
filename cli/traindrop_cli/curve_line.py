"""A metric by round on one line of a terminal. Pure."""

from collections.abc import Sequence

from traindrop import plain_text
from traindrop_cli.rounds import Rounds

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH = 40
_METRICS = 2


def curve_lines(rounds: Rounds, *, ascii_only: bool = False) -> list[str]:
    """`auc      ▁▃▅▆▇▇█ 0.812 after round 57 (validation)`, of two metrics at the most; in ASCII without the curve."""
    lines = []
    for metric in rounds.metrics()[:_METRICS]:
        series = rounds.series(metric)
        part = "validation" if "validation" in series else next(iter(series))
        points = series[part]
        drawn = "" if ascii_only else f"{sparkline([value for _, value in points])} "
        number, value = points[-1]
        lines.append(f"{metric:<10} {drawn}{plain_text.number(value)} after round {number:,} ({part})")
    return lines


def sparkline(values: Sequence[float], width: int = _WIDTH) -> str:
    """A block for each value, or for the last of several, from the lowest to the highest: █. Of equal values: ▄."""
    step = max(1.0, len(values) / width)
    shown = [values[min(len(values), round((place + 1) * step)) - 1] for place in range(min(width, len(values)))]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    if high - low <= 0:
        return _BLOCKS[3] * len(shown)
    return "".join(_BLOCKS[round((value - low) / (high - low) * (len(_BLOCKS) - 1))] for value in shown)
