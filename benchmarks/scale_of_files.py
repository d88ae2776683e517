"""How the cost of one training grows with its file, and which instance holds it: the tables of docs/scale.md."""

from collections.abc import Iterator
from math import ceil

from benchmarks import evaluate, trainings
from benchmarks.growth import Line, line, rows_per_gb
from benchmarks.made_data import MIXED
from benchmarks.results import Results, read
from benchmarks.tables import markdown
from boto3.s3.transfer import TransferConfig
from s3transfer.utils import ChunksizeAdjuster

from traindrop.aws import MAX_COPY
from traindrop.config import TrainingConfig
from traindrop.estimate import MEMORY_MARGIN
from traindrop.held_out import MOST_BYTES, MOST_ROWS
from traindrop.machines import LADDER, Machine
from traindrop.placement import INSTANCE_MEMORY
from traindrop.price_table import SHIPPED
from traindrop.prices import training_price

REGION = "us-east-1"
GIGABYTES = (0.01, 0.1, 1.0, 10.0, 100.0)
NOT_MEASURED = "not measured"
_MEASURED_ON = 2  # processors
# The time-outs of the launcher and the evaluator: template.yaml.
_LAUNCHER_SECONDS, _EVALUATOR_SECONDS = 110, 300
_TRAIN, _EVALUATE = "python -m benchmarks.train", "python -m benchmarks.evaluate"
_WAYS = (
    ("train", MIXED.name, trainings.OURS, "training, one fit", _TRAIN),
    ("train", MIXED.name, trainings.OURS_DEFAULT, "training, with the refit", _TRAIN),
    ("evaluate", "", evaluate.ARROW, "scoring, Arrow", _EVALUATE),
    ("evaluate", "", evaluate.STANDARD, "scoring, standard library", _EVALUATE),
)
_UNITS = (("seconds", "s"), ("cpu_seconds", "s of processor"), ("peak_mb", "MB"))


def constants() -> str:
    """What is fixed, and what a gigabyte adds, by what was measured."""
    rows = [row for way in _WAYS for row in _constant(*way)]
    return markdown(["", "fixed", "each GB of CSV", "files measured", "by"], rows)


def _constant(benchmark: str, prefix: str, way: str, name: str, command: str) -> Iterator[list[str]]:
    results = read(benchmark)
    for of, unit in _UNITS:
        found = line(results, prefix, way, of) if results else None
        if found is None:
            yield [f"{name}, {unit}", NOT_MEASURED, NOT_MEASURED, "", f"`{command}`"]
        else:
            span = f"{found.least:.2g} to {found.most:.2g} GB"
            yield [f"{name}, {unit}", f"{found.fixed:.3g}", f"{found.per_gb:.3g}", span, f"`{command}`"]


def machines() -> str:
    """What holds a training with the refit, what that takes, and what it costs."""
    results = read("train")
    lines = {of: line(results, MIXED.name, trainings.OURS_DEFAULT, of) for of, _ in _UNITS} if results else {}
    memory, wall, cpu = (lines.get(of) for of in ("peak_mb", "seconds", "cpu_seconds"))
    if results is None or memory is None or wall is None or cpu is None:
        return NOT_MEASURED
    per_gb = rows_per_gb(results.measured, MIXED.name)
    rows = [_machine_row(size, per_gb, memory, wall, cpu) for size in GIGABYTES]
    header = ["file", "rows", "memory", "smallest of ml.m5 that holds it", "USD an hour", "hours there", "USD"]
    return markdown(header, rows)


def _machine_row(size: float, per_gb: float, memory: Line, wall: Line, cpu: Line) -> list[str]:
    needed = memory.at(size)
    row = [f"{size:g} GB", f"{size * per_gb:,.0f}", f"{needed / 1e3:,.{0 if needed > 1e4 else 1}f} GB"]
    machine = holds(needed)
    if machine is None:
        return [*row, "none", "", "", ""]
    hours = seconds_on(machine.vcpus, wall.at(size), cpu.at(size)) / 3600
    price = training_price(SHIPPED, REGION, machine.name)
    hourly, cost = ("unknown", "unknown") if price is None else (f"{price.usd}", f"{hours * float(price.usd):.2g}")
    return [*row, machine.name, hourly, f"{hours:.2g}", cost]


def seconds_on(vcpus: float, wall: float, cpu: float) -> float:
    """Of what took `wall` seconds on two processors, and `cpu` of both. As in `traindrop.estimate` it is assumed, not
    measured, that of the fit a tenth cannot be shared among more.
    """
    unshared = 0.1
    shared = min(max(0.0, (cpu - wall) / (1 - unshared - (1 - unshared) / _MEASURED_ON)), cpu)
    return cpu - shared + shared * (unshared + (1 - unshared) / vcpus)


def holds(megabytes: float) -> Machine | None:
    """The smallest machine of the ladder, with the margin that `traindrop.placement` keeps."""
    needed = megabytes * 1e6 * MEMORY_MARGIN
    return next((each for each in LADDER if needed <= each.memory - INSTANCE_MEMORY), None)


def limits_of_one_file() -> str:
    """What a single large file meets, the first limit first as far as it is known."""
    return markdown(["part", "what it takes", "limit", "by"], [*_volume(), *_copies(), *_test_file(), *_check()])


def _copies() -> Iterator[list[str]]:
    """Larger copies than `MAX_COPY` go in parts, so many at once; the launcher waits for them."""
    config = TransferConfig()
    for size in (10, 100):
        assert size * 10**9 > MAX_COPY
        part = ChunksizeAdjuster().adjust_chunksize(config.multipart_chunksize, size * 10**9)
        parts = ceil(size * 10**9 / part)
        most = _LAUNCHER_SECONDS * config.max_request_concurrency / parts
        yield [
            f"the launcher's copy of {size} GB",
            f"{parts:,} parts of {part / 1024**2:.0f} MiB, {config.max_request_concurrency} at once",
            f"{most:.2f} s a part, to be done in the launcher's {_LAUNCHER_SECONDS} s",
            "computed of boto3's settings; S3's own speed not measured",
        ]


def _volume() -> Iterator[list[str]]:
    disk = TrainingConfig.model_fields["volume_size_in_gb"].get_default()
    yield [
        "the instance's disk",
        "training and test file, and the model",
        f"{disk} GB unless volume_size_in_gb says more",
        "training.yaml",
    ]


def _test_file() -> Iterator[list[str]]:
    results = read("evaluate")
    time, memory = (_scoring(results, of) for of in ("cpu_seconds", "peak_mb"))
    size = MOST_BYTES / 1e9
    took = NOT_MEASURED if time is None else f"{time.at(size):.0f} s of processor"
    took += "" if memory is None else f", {memory.at(size):,.0f} MB"
    limit = f"{_EVALUATOR_SECONDS} s and 1,769 MB of the evaluator; above {size:.2g} GB or {MOST_ROWS:,} rows refused"
    yield [f"scoring a test file of {size:.2g} GB", took, limit, f"`{_EVALUATE}`"]


def _scoring(results: Results | None, of: str) -> Line | None:
    return None if results is None else line(results, "", evaluate.STANDARD, of)


def _check() -> Iterator[list[str]]:
    results = read("check")
    for way in ("the launcher's check", "the evaluator's look"):
        found = [each for each in results.measured if each.way == way] if results else []
        if not found:
            yield [way, NOT_MEASURED, "none", "`python -m benchmarks.check`"]
            continue
        most = max(found, key=lambda each: each.size)
        fetched = f"{most.more['fetched'] / 1e6:,.1f} MB of {most.size / 1e9:g} GB in {most.more['requests']} requests"
        yield [way, f"{fetched}, {most.cpu_seconds:.2g} s of processor", "none: it does not grow with the file",
               "`python -m benchmarks.check`"]  # fmt: skip
