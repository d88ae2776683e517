"""The plots of a tuning: the best value so far, what mattered, and each trial with its settings."""

import math
from collections.abc import Iterator, Sequence

from traindrop import charts, plain_text
from traindrop.charts import Axes, Series
from traindrop.curves import DRAWABLE
from traindrop.parallel_axes import FIT, Axis, Line, parallel
from traindrop.plots import Plot
from traindrop.search_space import Setting
from traindrop.trial import DEFAULTS, Trial, in_order_of_end, ordered
from traindrop.tuned import Tuning
from traindrop.tuning_config import RangeValue
from traindrop.tuning_lines import shown

MOST_LINES, MOST_AXES, MOST_BARS = 200, 8, 15
# Values further from the median than so many times the best lie on the edge: else all others would be one line.
_ROOM = 4.0


def plots_of_tuning(tuning: Tuning) -> Iterator[Plot]:
    if tuning.best_so_far:
        yield _best_so_far(tuning)
    if len(tuning.importances) > 1:
        yield _importances(tuning)
    settings = _most_important(tuning)
    lines = [trial for trial in ordered(tuning.trials, tuning.direction) if trial.counts][:MOST_LINES]
    if settings and len(lines) > 1:
        yield _parallel(tuning, settings, lines)


def _best_so_far(tuning: Tuning) -> Plot:
    with_value = [trial for trial in in_order_of_end(tuning.trials) if trial.objective is not None]
    low, high = _range(tuning, with_value)
    places = {trial.number: place for place, trial in enumerate(with_value, start=1)}
    whole = [trial for trial in with_value if trial.counts]
    cut = [trial for trial in with_value if not trial.counts]
    series = [
        Series("best so far", _stairs(tuning, places, len(with_value), low, high)),
        *(
            Series(name, [(places[each.number], _within(each.objective, low, high)) for each in some],
                   hints=[_hint(tuning, each) for each in some], joined=False)
            for name, some in (("trained to the end", whole), ("stopped early", cut)) if some
        ),
    ]  # fmt: skip
    legend = [each.name for each in series]
    defaults = tuning.defaults
    if defaults is not None and defaults.objective is not None and low <= defaults.objective <= high:
        level = [(1, defaults.objective), (len(with_value), defaults.objective)]
        series.append(Series("", level, is_reference=True))
    beyond = sum(not low <= (trial.objective or 0.0) <= high for trial in with_value)
    objective = plain_text.line(tuning.objective, 60)
    note = f"{objective} of each trial, in the order in which they ended. Dashed: the defaults."
    note += f" {beyond:,} that are far worse lie on the edge." if beyond else ""
    axes = Axes("trials that have ended", "", (0, len(with_value) + 1), (low, high))
    svg = charts.lines("Best so far", axes, series)
    return Plot("best-so-far", "Best so far", note, svg, legend)


def _stairs(
    tuning: Tuning, places: dict[int, int], last: int, low: float, high: float
) -> list[tuple[float | None, float | None]]:
    points: list[tuple[float | None, float | None]] = []
    for reached in tuning.best_so_far:
        at, value = places[reached.trial], _within(reached.best, low, high)
        if points:
            points.append((at, points[-1][1]))
        points.append((at, value))
    return [*points, (last, points[-1][1])]


def _within(value: float | None, low: float, high: float) -> float:
    return min(high, max(low, value or 0.0))


def _range(tuning: Tuning, trials: Sequence[Trial]) -> tuple[float, float]:
    """From the best value to the worst, or to what is far worse than the median."""
    given = (_within(trial.objective, -DRAWABLE, DRAWABLE) for trial in trials)
    values = sorted(given, reverse=tuning.direction == "maximize")
    best, middle, worst = values[0], values[len(values) // 2], values[-1]
    limit = middle + _ROOM * (middle - best) if middle != best else worst
    last = max(limit, worst) if tuning.direction == "maximize" else min(limit, worst)
    return charts.spread([best, last])


def _hint(tuning: Tuning, trial: Trial) -> str:
    settings = ", ".join(f"{name} {shown(value)}" for name, value in trial.hyperparameters.items())
    return f"{trial_name(trial)}: {tuning.objective} {plain_text.number(trial.objective or 0.0)}; {settings}"


def trial_name(trial: Trial) -> str:
    return "defaults" if trial.number == DEFAULTS else f"trial {trial.number}"


def _importances(tuning: Tuning) -> Plot:
    found = sorted(tuning.importances.items(), key=lambda each: -each[1])
    few = found[:MOST_BARS]
    hints = [f"{name}: {share:.0%}" for name, share in few]
    svg = charts.bars(
        "Importance of settings", [name for name, _ in few], Series("", [share for _, share in few], hints=hints)
    )
    note = (
        "How much of what the trials differ by goes with each setting, as shares of 1; of so few trials a rough guide."
    )
    note += f" The first {MOST_BARS} of {len(found):,}." if len(found) > MOST_BARS else ""
    return Plot("importance-of-settings", "Importance of settings", note, svg)


def _most_important(tuning: Tuning) -> list[Setting]:
    """In the order of the request, where there are few."""
    if len(tuning.settings) <= MOST_AXES:
        return list(tuning.settings)
    return sorted(tuning.settings, key=lambda each: -tuning.importances.get(each.name, 0.0))[:MOST_AXES]


def _parallel(tuning: Tuning, settings: Sequence[Setting], best_first: Sequence[Trial]) -> Plot:
    axes = [*(_axis(each, best_first) for each in settings), _axis_of_objective(tuning, best_first)]
    lines = [
        Line(_kind(tuning, trial, place, len(best_first)),
             [*(trial.hyperparameters.get(each.name) for each in settings), trial.objective], _hint(tuning, trial))
        for place, trial in enumerate(best_first)
    ]  # fmt: skip
    # The best lie over the others, the defaults and the best one over all.
    lines.sort(key=lambda line: _ORDER.index(line.kind))
    wide = len(axes) > FIT or len(tuning.importances) > 1
    svg = parallel("Trials by their settings", axes, lines, wide=wide)
    note = (
        "A line is a trial, the stronger the better; on the axis at the right the best are on top. Thick: the best one."
    )
    has_defaults = any(line.kind == "defaults" and line.is_drawn for line in lines)
    hidden = len(tuning.settings) - len(settings)
    note += f" {hidden:,} settings that mattered less have no axis." if hidden else ""
    more = sum(trial.counts for trial in tuning.trials) - len(best_first)
    note += f" {more:,} worse trials are left out." if more else ""
    return Plot(
        "parallel", "Trials by their settings", note, svg, ("best", "defaults") if has_defaults else (), wide=wide
    )


_ORDER = ("poor", "middling", "good", "first", "defaults", "best")
_THIRDS = ("good", "middling", "poor")
# Of many trials more would be one patch of colour.
_MOST_FIRST = 10


def _kind(tuning: Tuning, trial: Trial, place: int, count: int) -> str:
    if trial.number == tuning.best:
        return "best"
    if trial.number == DEFAULTS:
        return "defaults"
    first = min(_MOST_FIRST, (count + 3) // 4)
    return "first" if place < first else _THIRDS[3 * (place - first) // (count - first)]


def _axis(setting: Setting, trials: Sequence[Trial]) -> Axis:
    found = [trial.hyperparameters[setting.name] for trial in trials if setting.name in trial.hyperparameters]
    if setting.kind == "categorical":
        return _axis_of_choices(setting, found)
    numbers = [float(value) for value in found if not isinstance(value, str)]
    low, high = min(setting.low, *numbers, setting.low), max(setting.high, *numbers, setting.high)
    log = setting.log and low > 0

    def place(value: RangeValue) -> float:
        try:
            return _share(float(value), low, high, log=log)
        except ValueError:  # a default of a script of one's own may be a text
            return 0.0

    middle = math.sqrt(low * high) if log else (low + high) / 2
    ticks = [(0.0, charts.tick(low)), (1.0, charts.tick(high))]
    if setting.kind == "number" or log:
        ticks.append((0.5, charts.tick(float(f"{middle:.2g}"))))
    return Axis(f"{setting.name}{', log' if log else ''}", place, ticks)


def _axis_of_choices(setting: Setting, found: Sequence[RangeValue]) -> Axis:
    """Evenly spaced; of many only the first and the last are named."""
    choices = list(dict.fromkeys([*map(str, setting.choices), *map(str, found)]))
    places = {choice: (number + 0.5) / len(choices) for number, choice in enumerate(choices)}
    named = choices if len(choices) <= 8 else [choices[0], choices[-1]]
    return Axis(setting.name, lambda value: places[str(value)], [(places[choice], choice) for choice in named])


def _axis_of_objective(tuning: Tuning, trials: Sequence[Trial]) -> Axis:
    low, high = _range(tuning, trials)
    ends = (low, high) if tuning.direction == "maximize" else (high, low)
    ticks = [(0.0, charts.tick(ends[0])), (1.0, charts.tick(ends[1]))]
    return Axis(
        tuning.objective.partition(":")[2] or tuning.objective, lambda value: _share(float(value), *ends), ticks
    )


def _share(value: float, low: float, high: float, *, log: bool = False) -> float:
    """Where a value lies between both ends, whichever is the greater."""
    if log and value > 0:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low) if high != low else 0.5
