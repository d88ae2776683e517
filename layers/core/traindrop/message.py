"""What became of a run, as the one message that its subscribers get. Pure: nothing is looked up here."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from traindrop import plain_text
from traindrop.lambda_limits import LAMBDA, limit_of

# "no line breaks or control characters, and less than 100 characters long"; ASCII, since mail systems mangle
# the rest. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (Subject)
MAX_SUBJECT = 99
MAX_LOG_LINES = 20
_LOWER_IS_BETTER = frozenset({"log_loss", "brier", "rmse", "mae"})
# Named beside the main metric: the first of these that it is not.
_FAMILIAR = ("accuracy", "auc", "r2", "mae")
# As CloudFormation names it: <stack>-<logical name>-<suffix>.
_FUNCTION = re.compile(r"(?P<stack>[\w-]{1,40})-(?P<name>[A-Z][A-Za-z]+)-\w+", re.ASCII)
_TRAINING_LOG_GROUP = "/aws/sagemaker/TrainingJobs"


class Kind(StrEnum):
    """How a run ended; the `outcome` attribute of its message, by which subscribers may filter."""

    EVALUATED = "evaluated"
    REJECTED = "rejected"
    REPEATED = "repeated"
    FAILED = "failed"
    STOPPED = "stopped"
    LAUNCH_FAILED = "launch_failed"
    EVALUATION_FAILED = "evaluation_failed"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True)
class Outcome:
    """Everything that a message may say. Metrics by name, None where undefined; times in seconds.

    With `only_validation`, `metrics` are those that training measured on its own validation rows.
    """

    kind: Kind
    run: str | None = None
    dataset: str | None = None
    file: str | None = None
    bucket: str | None = None
    key: str | None = None
    reason: str | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    main_metric: str | None = None
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    baseline: Mapping[str, float | None] = field(default_factory=dict)
    only_validation: bool = False
    rows: int | None = None
    columns: int | None = None
    test_rows: int | None = None
    size_bytes: int | None = None
    duration_seconds: float | None = None
    billable_seconds: int | None = None
    # The amount with its arithmetic, or why it is not known; None where no job has ended.
    cost: str | None = None
    framework: str | None = None
    instance_type: str | None = None
    instance_count: int | None = None
    memory_mb: int | None = None
    model_uri: str | None = None
    evaluation_uri: str | None = None
    notes: Sequence[str] = ()
    # What became of the attempts before this one.
    earlier_failures: Sequence[str] = ()
    # Of a repeated drop: the run that has the answer.
    answered_by: str | None = None
    log_lines: Sequence[str] = ()
    dead_letter_queue: str | None = None
    function: str | None = None


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
    ending = _ENDINGS.get(outcome.kind) or _result(outcome)
    ending = plain_text.ascii_line(ending, 70)
    about = outcome.dataset or outcome.function or "a file"
    room = MAX_SUBJECT - len(f"[traindrop] : {ending}")
    return f"[traindrop] {plain_text.ascii_line(about, room)}: {ending}"


def _result(outcome: Outcome) -> str:
    """`trained, auc 0.870 (accuracy 0.816)`."""
    main = _main(outcome)
    if main is None:
        return "trained, no metrics"
    name, value = main
    origin = "validation " if outcome.only_validation else ""
    others = [(n, outcome.metrics[n]) for n in _FAMILIAR if n != name and outcome.metrics.get(n) is not None]
    beside = [f" ({other} {plain_text.number(amount)})" for other, amount in others[:1] if amount is not None]
    return f"trained, {origin}{name} {plain_text.number(value)}{''.join(beside)}"


def _main(outcome: Outcome) -> tuple[str, float] | None:
    """The main metric with its value; where it is undefined, the first that is not."""
    for name in (outcome.main_metric or "", *_FAMILIAR, *outcome.metrics):
        value = outcome.metrics.get(name)
        if value is not None:
            return name, value
    return None


def _body(outcome: Outcome) -> str:
    sections = [
        plain_text.paragraphs(_headline(outcome), indent=""),
        _section("Reason", plain_text.paragraphs(outcome.reason or "")),
        _section("Last log lines", _log_lines(outcome)),
        _section("Metrics", _metric_lines(outcome)),
        _section("Data", _data_lines(outcome)),
        _section("Notes", [line for note in _notes(outcome) for line in plain_text.paragraphs(note)]),
        _section("Earlier attempts", [f"  {plain_text.line(text, 400)}" for text in outcome.earlier_failures]),
        _section("Run", _run_lines(outcome)),
        _section("What to do", plain_text.paragraphs(_advice(outcome))),
        _section("Next", [f"  {command}" for command in _commands(outcome)]),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, *lines] if lines else []


def _headline(outcome: Outcome) -> str:
    name = plain_text.line(outcome.dataset or outcome.file or "An upload", 100)
    function = plain_text.line(outcome.function or "a function", 100)
    queue = plain_text.line(outcome.dead_letter_queue or "of the stack", 200)
    if outcome.kind is Kind.EVALUATED:
        return f"{name}: {_result(outcome)}{_on_which_rows(outcome)}."
    return {
        Kind.REJECTED: f"{name} was rejected: nothing was launched and nothing was spent.",
        Kind.FAILED: f"{name}: training failed. There is no model.",
        Kind.STOPPED: f"{name}: training was stopped before it was done. This is not a success.",
        Kind.REPEATED: f"{name}: this file was dropped before with the same settings. Nothing was launched.",
        Kind.LAUNCH_FAILED: f"{name}: the training job could not be launched. Nothing was spent.",
        Kind.EVALUATION_FAILED: f"{name} was trained, but the model could not be evaluated. It is kept.",
        Kind.INTERNAL_ERROR: (
            f"{name}: a part of traindrop itself failed, {function}. The event waits in the dead-letter "
            f"queue {queue}; nothing is lost."
        ),
    }[outcome.kind]


def _on_which_rows(outcome: Outcome) -> str:
    if outcome.only_validation or not outcome.test_rows:
        return ""
    return f" on {outcome.test_rows:,} test rows"


def _notes(outcome: Outcome) -> list[str]:
    moved = "Trained on" if outcome.kind in {Kind.EVALUATED, Kind.EVALUATION_FAILED} else "Moved to"
    met = filter(None, map(limit_of, outcome.earlier_failures))
    return [*(f"{moved} {outcome.instance_type}: in Lambda {limit}." for limit in met), *outcome.notes]


def _log_lines(outcome: Outcome) -> list[str]:
    if outcome.kind is Kind.EVALUATED:
        return []
    return [f"  | {plain_text.line(text)}" for text in outcome.log_lines[-MAX_LOG_LINES:]]


def _metric_lines(outcome: Outcome) -> list[str]:
    """A table, the main metric first: value, 95 % interval, baseline."""
    main = _main(outcome)
    if main is None:
        return []
    names = [main[0], *(name for name in outcome.metrics if name != main[0])]
    lines = [f"  {'':<18}{'value':>12}  {'95 % interval':<24}{'baseline' if outcome.baseline else ''}"]
    for name in names:
        low_high = outcome.intervals.get(name)
        between = " to ".join(map(plain_text.number, low_high)) if low_high else ""
        row = f"  {plain_text.line(name, 18):<18}{_shown(outcome.metrics[name]):>12}  {between:<24}"
        lines.append(row + (_shown(outcome.baseline[name]) if name in outcome.baseline else ""))
    lines = [text.rstrip() for text in lines]
    if outcome.baseline:
        lines += plain_text.paragraphs("Baseline: what the same answer for every row reaches at best.")
    if _is_no_better_than_baseline(outcome, *main):
        lines += plain_text.paragraphs("The model is no better than that: it has learned nothing of use.")
    return lines


def _shown(value: float | None) -> str:
    return "undefined" if value is None else plain_text.number(value)


def _is_no_better_than_baseline(outcome: Outcome, name: str, value: float) -> bool:
    constant = outcome.baseline.get(name)
    if constant is None:
        return False
    return value >= constant if name in _LOWER_IS_BETTER else value <= constant


def _data_lines(outcome: Outcome) -> list[str]:
    counts = [
        plain_text.size(outcome.size_bytes) if outcome.size_bytes is not None else "",
        f"{outcome.rows:,} rows" if outcome.rows is not None else "",
        f"{outcome.columns:,} columns" if outcome.columns is not None else "",
    ]
    where = f"s3://{outcome.bucket}/{outcome.key}" if outcome.bucket and outcome.key else outcome.file
    return _pairs(
        {
            "File": where,
            "Size": ", ".join(filter(None, counts)),
            "Test rows": f"{outcome.test_rows:,}" if outcome.test_rows is not None else None,
        }
    )


def _run_lines(outcome: Outcome) -> list[str]:
    instances = f"{outcome.instance_count or 1} x {outcome.instance_type}" if outcome.instance_type else None
    if outcome.instance_type == LAMBDA:
        instances = f"Lambda, {outcome.memory_mb:,} MB" if outcome.memory_mb else "Lambda"
    return _pairs(
        {
            "Name": outcome.run,
            "Duration": None
            if outcome.duration_seconds is None
            else f"{plain_text.duration(outcome.duration_seconds)} from upload to end",
            "Billable": None if outcome.billable_seconds is None else f"{outcome.billable_seconds:,} s",
            "Cost": outcome.cost,
            "Framework": outcome.framework,
            "Instances": instances,
            "Model": outcome.model_uri,
            "Evaluation": outcome.evaluation_uri,
        }
    )


def _pairs(values: Mapping[str, str | None]) -> list[str]:
    return [f"  {name:<12}{plain_text.line(value, 1200)}" for name, value in values.items() if value]


def _advice(outcome: Outcome) -> str:
    if outcome.kind is Kind.EVALUATED:
        trust = _MORE_TRUST if outcome.metrics else _NO_METRICS
        return trust.format(dataset=outcome.dataset or "DATASET") if outcome.only_validation else ""
    return _ADVICE[outcome.kind]


_MORE_TRUST = (
    "There is no test file, so these are validation metrics: training itself measured them, and the number of "
    "rounds may have been chosen by them. Drop a CSV that training never sees into datasets/{dataset}/test/ "
    "and upload the training file again."
)
_NO_METRICS = (
    "There is no test file, and the script reported no validation metric. Drop a CSV that training never sees into "
    "datasets/{dataset}/test/, let the script write predictions.csv for it, and upload the training file again."
)
_ADVICE = {
    Kind.REJECTED: "Mend what the reason names and drop the file again.",
    Kind.REPEATED: (
        "The run named above has the answer, or will have it. To train on the same file once more all the same: "
        "traindrop rerun."
    ),
    Kind.FAILED: (
        "Read the log lines above from the end upwards; mend the file, its training.yaml or the training "
        "script, and drop it again."
    ),
    Kind.STOPPED: (
        "Where it ran out of time: raise max_runtime, lower num_round or choose a larger instance_type in "
        "training.yaml. A changed training.yaml trains the newest upload again."
    ),
    Kind.LAUNCH_FAILED: (
        "Mend what the reason names: another instance_type in training.yaml (a changed one trains the newest upload "
        "again), or a higher service quota for this one, and then traindrop rerun."
    ),
    Kind.EVALUATION_FAILED: (
        "Mend what the reason names, mostly the test file, drop that, and then drop the training file again."
    ),
    Kind.INTERNAL_ERROR: (
        "This is nothing that you did. Whoever runs the stack reads the log of the function, mends it, and puts "
        "the event back with: traindrop redrive."
    ),
}


_RERUN_HELPS = {Kind.REPEATED, Kind.FAILED, Kind.STOPPED, Kind.LAUNCH_FAILED, Kind.EVALUATION_FAILED}


def _commands(outcome: Outcome) -> list[str]:
    """What to type next, quoted for a shell."""
    run = plain_text.line(outcome.answered_by or outcome.run or "", 100)
    commands = [f"traindrop show {shlex.quote(run)}"] if run else []
    if run and outcome.kind in _RERUN_HELPS:
        commands.append(f"traindrop rerun {shlex.quote(run)}")
    if outcome.kind is Kind.EVALUATED and outcome.model_uri:
        commands.append(f"aws s3 cp {shlex.quote(plain_text.line(outcome.model_uri, 1200))} .")
    if outcome.kind in (Kind.FAILED, Kind.STOPPED) and run:
        commands.append(f"aws logs tail {_TRAINING_LOG_GROUP} --log-stream-name-prefix {shlex.quote(run)}")
    if outcome.kind is Kind.REJECTED and outcome.file and outcome.dataset:
        file, dataset = (shlex.quote(plain_text.line(text, 300)) for text in (outcome.file, outcome.dataset))
        commands.append(f"traindrop drop {file} --dataset {dataset}")
    if outcome.kind is Kind.INTERNAL_ERROR and outcome.function:
        commands += [f"aws logs tail {shlex.quote(group)} --since 1d" for group in _log_groups(outcome.function)]
    return commands


def _log_groups(function: str) -> list[str]:
    """The log group that template.yaml gives a function of this physical name; none for another name."""
    found = _FUNCTION.fullmatch(function)
    return [f"/traindrop/{found['stack']}/{found['name']}"] if found else []
