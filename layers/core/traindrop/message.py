"""What became of a run, as the one message that its subscribers get. Pure: nothing is looked up here."""

from collections.abc import Mapping
from dataclasses import dataclass

from traindrop import plain_text
from traindrop.lambda_limits import LAMBDA, limit_of
from traindrop.metric_lines import metric_lines, result
from traindrop.next_steps import advice, commands
from traindrop.outcome import Kind, Outcome
from traindrop.tuning_lines import tuning_lines

# "no line breaks or control characters, and less than 100 characters long"; ASCII, since mail systems mangle
# the rest. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (Subject)
MAX_SUBJECT = 99
MAX_LOG_LINES = 20
# A presigned link holds the token of its session. One that is cut short opens nothing, so this is beyond any.
_MAX_LINK = 8000


@dataclass(frozen=True)
class Message:
    """An SNS message; `attributes` are its message attributes, all of type String."""

    subject: str
    body: str
    attributes: Mapping[str, str]


def compose(outcome: Outcome) -> Message:
    """The message of `outcome`.

    The subject is ASCII, on one line, of less than 100 characters; the body plain text in lines of at
    most 78 characters, but for addresses, commands and log lines.
    """
    attributes = {"outcome": outcome.kind.value}
    if dataset := plain_text.line(outcome.dataset or "", 256):  # SNS takes no empty attribute
        attributes["dataset"] = dataset
    return Message(_subject(outcome), _body(outcome), attributes)


_ENDINGS = {
    Kind.REJECTED: "rejected",
    Kind.REPEATED: "dropped before, nothing launched",
    Kind.FAILED: "training failed",
    Kind.STOPPED: "stopped",
    Kind.LAUNCH_FAILED: "failed to launch",
    Kind.EVALUATION_FAILED: "evaluation failed",
    Kind.INTERNAL_ERROR: "internal error",
}


def _subject(outcome: Outcome) -> str:
    ending = _ENDINGS.get(outcome.kind) or result(outcome)
    ending = plain_text.ascii_line(ending, 70)
    about = outcome.dataset or outcome.function or "a file"
    room = MAX_SUBJECT - len(f"[traindrop] : {ending}")
    return f"[traindrop] {plain_text.ascii_line(about, room)}: {ending}"


def _body(outcome: Outcome) -> str:
    sections = [
        plain_text.paragraphs(headline(outcome), indent=""),
        _section("Cause", _cause_lines(outcome)),
        _section("Last log lines", _log_lines(outcome)),
        _section("Result", metric_lines(outcome)),
        _section("Tuning", tuning_lines(outcome)),
        _section("Warnings", [line for text in outcome.warnings for line in _bullet(text)]),
        _section("Notes", [line for note in _notes(outcome) for line in plain_text.paragraphs(note)]),
        _section("Earlier attempts", [f"  {plain_text.line(text, 400)}" for text in outcome.earlier_failures]),
        _section("What to do", plain_text.paragraphs(advice(outcome))),
        _section("Cost and time", _cost_lines(outcome)),
        _section("Where things are", [*_place_lines(outcome), *_link_lines(outcome)]),
        _section("Next", [f"  {command}" for command in commands(outcome)]),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, *lines] if lines else []


def headline(outcome: Outcome) -> str:
    """What became of it, in a line."""
    name = plain_text.line(outcome.dataset or outcome.file or "An upload", 100)
    function = plain_text.line(outcome.function or "a function", 100)
    queue = plain_text.line(outcome.dead_letter_queue or "of the stack", 200)
    if outcome.kind is Kind.EVALUATED:
        return f"{name}: {result(outcome)}{_on_which_rows(outcome)}."
    if outcome.tunes and outcome.kind in _TUNING_ENDED:
        return f"{name}: {_TUNING_ENDED[outcome.kind]}"
    return {
        Kind.REJECTED: f"{name} was rejected: nothing was launched and nothing was spent.",
        Kind.FAILED: f"{name}: training failed. There is no model.",
        Kind.STOPPED: f"{name}: training was stopped before it was done. This is not a success.",
        Kind.REPEATED: f"{name}: this file was dropped before with the same settings. Nothing was launched.",
        Kind.LAUNCH_FAILED: f"{name}: the training job could not be launched. Nothing was spent.",
        Kind.EVALUATION_FAILED: f"{name} was trained, but its evaluation failed. The model is kept.",
        Kind.INTERNAL_ERROR: (
            f"{name}: a part of traindrop itself failed, {function}. The event waits in the dead-letter "
            f"queue {queue}; nothing is lost."
        ),
    }[outcome.kind]


_TUNING_ENDED = {
    Kind.FAILED: "tuning failed: no trial ended with a model and a value of the objective.",
    Kind.STOPPED: "tuning was stopped before a trial had ended with a value of the objective. This is not a success.",
}


def _on_which_rows(outcome: Outcome) -> str:
    if outcome.only_validation or not outcome.test_rows:
        return ""
    return f" on {outcome.test_rows:,} test rows"


def _cause_lines(outcome: Outcome) -> list[str]:
    """In the person's words where the failure is known, and then as it was told."""
    known = plain_text.paragraphs(outcome.known.cause) if outcome.known else []
    return [*known, *plain_text.paragraphs(outcome.reason or "")]


def _notes(outcome: Outcome) -> list[str]:
    moved = "Trained on" if outcome.kind in {Kind.EVALUATED, Kind.EVALUATION_FAILED} else "Moved to"
    met = filter(None, map(limit_of, outcome.earlier_failures))
    return [*(f"{moved} {outcome.instance_type}: in Lambda {limit}." for limit in met), *outcome.notes]


def _bullet(text: str) -> list[str]:
    first, *more = plain_text.paragraphs(text, indent="    ") or [""]
    return [f"  - {first.lstrip()}", *more]


def _log_lines(outcome: Outcome) -> list[str]:
    if outcome.kind is Kind.EVALUATED:
        return []
    return [f"  | {plain_text.line(text)}" for text in outcome.log_lines[-MAX_LOG_LINES:]]


def _cost_lines(outcome: Outcome) -> list[str]:
    instances = f"{outcome.instance_count or 1} x {outcome.instance_type}" if outcome.instance_type else None
    if outcome.instance_type == LAMBDA:
        instances = f"Lambda, {outcome.memory_mb:,} MB" if outcome.memory_mb else "Lambda"
    seconds = outcome.duration_seconds
    return _pairs(
        {
            "Cost": outcome.cost,
            "Duration": None if seconds is None else f"{plain_text.duration(seconds)} from upload to end",
            "Billable": None if outcome.billable_seconds is None else f"{outcome.billable_seconds:,} s",
            "Framework": outcome.framework,
            "Instances": instances,
        }
    )


def _place_lines(outcome: Outcome) -> list[str]:
    counts = [
        plain_text.size(outcome.size_bytes) if outcome.size_bytes is not None else "",
        f"{outcome.rows:,} rows" if outcome.rows is not None else "",
        f"{outcome.columns:,} columns" if outcome.columns is not None else "",
    ]
    where = f"s3://{outcome.bucket}/{outcome.key}" if outcome.bucket and outcome.key else outcome.file
    return _pairs(
        {
            "Run": outcome.run,
            "File": where,
            "Size": ", ".join(filter(None, counts)),
            "Model": outcome.model_uri,
            "Trials": outcome.trials_uri,
            "Report": outcome.report_uri,
            "Evaluation": outcome.evaluation_uri,
        }
    )


def _link_lines(outcome: Outcome) -> list[str]:
    if outcome.links_end is None or not (outcome.model_link or outcome.report_link):
        return []
    end = f"{outcome.links_end:%Y-%m-%d %H:%M} UTC"
    told = f"Whoever has these links may open them until {end}. After that: the commands below."
    return [
        *plain_text.paragraphs(told),
        *_pairs({"Report": outcome.report_link, "Model": outcome.model_link}, _MAX_LINK),
    ]


def _pairs(values: Mapping[str, str | None], limit: int = 1200) -> list[str]:
    return [f"  {name:<12}{plain_text.line(value, limit)}" for name, value in values.items() if value]
