"""What a message says of a tuning: how many trials, which settings, and what they gained."""

from collections.abc import Iterator

from traindrop import plain_text
from traindrop.gain import Tuned
from traindrop.outcome import Outcome
from traindrop.tuning_config import RangeValue

_MOST_SETTINGS = 15


def tuning_lines(outcome: Outcome) -> list[str]:
    """Of a run that tuned and was looked at; none of others."""
    if outcome.tuning is None:
        return []
    return [line for fact in tuning_facts(outcome.tuning) for line in plain_text.paragraphs(fact)]


def tuning_facts(found: Tuned) -> Iterator[str]:
    """Sentences: what the gain is first, which is what tells whether it was worth it."""
    if found.gain is not None:
        yield found.gain.text
    yield f"{trials_words(found)}. {_best(found)}"


def trials_words(found: Tuned) -> str:
    """`20 trials beside the defaults (2 failed, 5 stopped early)`."""
    counts = {"failed": found.failed, "stopped early": found.stopped_early, "stopped": found.stopped}
    beside = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    shown = f"{found.trials:,} {'trial' if found.trials == 1 else 'trials'} beside the defaults"
    return f"{shown} ({beside})" if beside else shown


def _best(found: Tuned) -> str:
    if found.best is None:
        return "None has a value of the objective."
    if found.best == 0:
        return "The best are the defaults."
    which = f"The best is trial {found.best}"
    settings = ", ".join(f"{plain_text.line(name, 40)} {shown(value)}" for name, value in _few(found.hyperparameters))
    more = len(found.hyperparameters) - _MOST_SETTINGS
    rest = f" and {more} more" if more > 0 else ""
    return f"{which}: {found.objective.words}.{f' {settings}{rest}.' if settings else ''}"


def _few(chosen: dict[str, RangeValue]) -> list[tuple[str, RangeValue]]:
    return list(chosen.items())[:_MOST_SETTINGS]


def shown(value: RangeValue) -> str:
    """A value of a setting for a person: four digits of a number, a text on one line."""
    if isinstance(value, bool | str):
        return plain_text.line(str(value), 60)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
