"""What the page says of a file before it is dropped: its columns, its faults, and the plan with its cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, get_args

from traindrop import aws
from traindrop.checks import called_like_a_target
from traindrop.config import MAX_BYTES, Framework, TrainingConfig
from traindrop.errors import LaunchRefused, Rejected
from traindrop.findings import Findings
from traindrop.known_prices import known_prices
from traindrop.machines import LADDER
from traindrop.upload_path import config_key, parse_key
from traindrop_cli.launcher_settings import settings_of
from traindrop_cli.options import chosen
from traindrop_cli.plan_display import facts, role, seen
from traindrop_cli.planned_drop import drop_of_files
from traindrop_cli.planning import plan
from traindrop_cli.stack import Stack
from traindrop_cli.ui.choices import choices_of_config, config_text
from traindrop_cli.ui.drafts import Draft
from traindrop_cli.upload import Files

SHOWN_COLUMNS = 200
_TASKS = get_args(TrainingConfig.model_fields["task"].annotation)


@dataclass(frozen=True)
class Planned:
    """`rejected`: what would be told; else `title`, `facts`, `notes`, and by column what it is used as."""

    rejected: str | None = None
    title: str = ""
    facts: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    roles: Mapping[str, str] | None = None
    tested: bool = False


def begin(draft: Draft, stack: Stack, dataset: str) -> None:
    """Choose what is likely meant, and what the dataset's training.yaml says."""
    name = dataset or PurePosixPath(draft.csv.name).stem
    draft.choices = choices_of_config(name, _config(stack, name), _likely_target(draft))


def _config(stack: Stack, dataset: str) -> bytes | None:
    try:
        parse_key(config_key(dataset))
    except Rejected:
        return None
    found = aws.read_object(stack.bucket, config_key(dataset), max_bytes=MAX_BYTES)
    return found.body if found else None


def _likely_target(draft: Draft) -> str:
    """As `traindrop init` offers it; "" where the file cannot be read."""
    try:
        findings = draft.seen.findings
    except Rejected:
        return ""
    return (called_like_a_target(findings) or findings.names[-1:])[0]


def shown(draft: Draft, stack: Stack) -> dict[str, Any]:
    """What the page of a draft is made of."""
    values: dict[str, Any] = {"draft": draft, "choices": draft.choices, "size": draft.csv.stat().st_size}
    try:
        findings = draft.seen.findings
    except Rejected as error:
        return values | {"findings": None, "planned": Planned(str(error))}
    return values | {
        "findings": findings,
        "columns": findings.columns[:SHOWN_COLUMNS],
        "likely": _likely_target(draft),
        "tasks": _TASKS,
        "frameworks": get_args(Framework),
        "instance_types": ["auto", "lambda", *(each.name for each in LADDER)],
        "planned": _planned(draft, findings, stack),
    }


def files_of(draft: Draft) -> Files:
    """With the training.yaml of what was chosen. Raises `Rejected`."""
    config = draft.folder / "training.yaml"
    config.write_bytes(config_text(draft.choices))
    parse_key(config_key(draft.choices.dataset))
    return Files(draft.csv, None, draft.test, config)


def _planned(draft: Draft, findings: Findings, stack: Stack) -> Planned:
    settings, prices, local = settings_of(stack), known_prices(stack.bucket), draft.local
    try:
        drop = drop_of_files(files_of(draft), draft.choices.dataset, stack.bucket, local)
        found = plan(drop, local.read, settings, settings.trainers, prices)
    except (Rejected, LaunchRefused) as error:
        return Planned(str(error))
    run, training = found.decided.run, found.decided.training
    dropped = found.decided.config.drop
    return Planned(
        title=f"{seen(found)}, target {run.target}, {run.task}",
        facts=list(facts(found, chosen(found, prices, settings))),
        notes=run.notes,
        roles={each.name: role(each, training.schema, dropped) for each in findings.columns} if training else None,
        tested=drop.test is not None,
    )
