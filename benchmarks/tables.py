"""Results as tables in Markdown: ratios first, since they hold on other machines too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

from benchmarks.results import Goal, Measured, Results

# The name of a further column, and what stands in it.
Columns = Mapping[str, Callable[[Measured], str]]

_NONE = "–"


def report(results: Results, peers: Mapping[str, str], more: Columns | None = None) -> str:
    """A table for each case, then the goals. `peers`: the way that the others are put against, by case."""
    cases = list(dict.fromkeys(each.case for each in results.measured))
    parts = [_case([each for each in results.measured if each.case == case], peers[case], more or {}) for case in cases]
    parts += [goals(results.goals)] if results.goals else []
    return "\n\n".join([*parts, *results.told]) + "\n"


def _case(measured: Sequence[Measured], peer: str, more: Columns) -> str:
    against = next((each for each in measured if each.way == peer), None)
    header = [measured[0].case]
    if against is not None:
        header += [f"time, × {peer}", "user + system, ×", "memory, ×"]
    header += ["seconds", "user + system s", "peak MB", *more]
    return markdown(header, (list(_row(each, against, more)) for each in measured))


def _row(each: Measured, against: Measured | None, more: Columns) -> Iterator[str]:
    yield each.way
    if against is not None:
        yield _ratio(each.seconds, against.seconds)
        yield _ratio(each.cpu_seconds, against.cpu_seconds)
        yield _ratio(each.peak_mb, against.peak_mb)
    yield spread([run.seconds for run in each.runs])
    yield f"{each.cpu_seconds:.2f}" if each.cpu_seconds else _NONE
    yield f"{each.peak_mb:,.0f}" if each.peak_mb else _NONE
    yield from (show(each) for show in more.values())


def _ratio(one: float, other: float) -> str:
    """Nothing where the one was not measured: what is several processes has no peak."""
    return f"{one / other:.2f}" if one and other else _NONE


def spread(values: Sequence[float]) -> str:
    """The median, and the least and the most where there are several."""
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def goals(found: Sequence[Goal]) -> str:
    rows = ([goal.case, goal.text, f"≤ {goal.most:g}", _number(goal.found), goal.verdict] for goal in found)
    return markdown(["goal", "", "", "measured", ""], rows)


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3g}"


def markdown(header: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
