"""A training.yaml to begin with: what was seen of the CSV, and the fields that one is likely to change."""

import yaml

from traindrop import plain_text
from traindrop.checks import Accepted
from traindrop.config import parse_config
from traindrop.findings import Findings

_MOST_COLUMNS = 100  # shown; a file may have 100,000
_CHANGE = """
# Of the fields below, all optional, these are the defaults; take the # away to set one. All fields: README.md,
# "training.yaml".
# task: auto                  # binary, multiclass, regression; auto looks at the values
# framework: xgboost          # builtin-xgboost, sklearn, pytorch, tensorflow, custom
# drop: []                    # columns to leave out: [name, ticket]
# hyperparameters: {}         # such as {max_depth: 3, num_round: 100}
# metric: auc                 # what messages lead with: auc, accuracy, rmse, f1, ...; default by the task
# validation_fraction: 0.2    # share of the training rows that each round is validated on
# instance_type: auto         # lambda, ml.m5.large, ...
# max_runtime: 1h             # the job is stopped after it
# max_cost_usd: 1.00          # the run is rejected where it may cost more; default: no limit
# tuning:                     # look for better hyperparameters: many trials, of which the best one's model is kept
#   max_jobs: 20              # trials, beside the one with the defaults; max_parallel: 4 of them at a time
#   strategy: bayesian        # random, grid, hyperband
#   ranges: {max_depth: {min: 2, max: 8}, eta: {min: 0.01, max: 0.3, scale: log}, subsample: [0.6, 0.8, 1.0]}
"""


def training_yaml(dataset: str, file: str, findings: Findings, accepted: Accepted) -> str:
    """The text of the file. No cell of the data stands in it."""
    rows = f"{findings.rows:,} rows" if findings.complete else f"the first {findings.rows:,} rows"
    kind = f"{accepted.task}{'' if accepted.certain else ', by what was seen of it'}"
    lines = [
        *_heading(dataset),
        f"# Guessed from {plain_text.line(file)}: {rows}, {len(findings.columns):,} columns.",
        "",
        f"# Column to predict; {kind}.",
        _field("target", accepted.target),
        "",
        "# The columns, as they are read:",
        *_columns(findings, accepted),
    ]
    return _checked("\n".join(lines) + "\n" + _CHANGE)


def training_yaml_without_data(dataset: str, target: str | None) -> str:
    """For a dataset of which there is no file yet."""
    named = _field("target", target) if target else "# target: COLUMN"
    return _checked("\n".join([*_heading(dataset), "", "# Column to predict.", named]) + "\n" + _CHANGE)


def _heading(dataset: str) -> list[str]:
    return [f"# How traindrop trains on the dataset {plain_text.line(dataset)}."]


def _columns(findings: Findings, accepted: Accepted) -> list[str]:
    used = {column.name for column in accepted.schema.columns}
    width = min(30, max(len(name) for name in findings.names[:_MOST_COLUMNS]))
    lines = []
    for column in findings.columns[:_MOST_COLUMNS]:
        left_out = "" if column.name in used or column.name == accepted.target else ", left out"
        kind = column.kind.replace("_", " ")
        missing = f", {column.missing:,} missing" if column.missing else ""
        what = "target" if column.name == accepted.target else f"{kind}{missing}{left_out}"
        lines.append(f"#   {plain_text.line(column.name, 100):<{width}}  {what}")
    if len(findings.columns) > _MOST_COLUMNS:
        lines.append(f"#   … and {len(findings.columns) - _MOST_COLUMNS:,} more")
    return lines


def _field(name: str, value: str) -> str:
    return yaml.safe_dump({name: value}, allow_unicode=True, width=10_000).rstrip("\n")


def _checked(text: str) -> str:
    """As it is, when the launcher takes it."""
    parse_config(text.encode(), file="training.yaml")
    return text
