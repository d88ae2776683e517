"""The failures that people meet most, told from their texts: what it was in plain words, and what usually mends it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class KnownFailure:
    """`name` tells the kind; `cause` and `mend` are sentences for the person."""

    name: str
    cause: str
    mend: str


class _Rule(NamedTuple):
    """Named groups of `pattern` may be used in `cause` and `mend`."""

    name: str
    pattern: str
    cause: str
    mend: str


_MEMORY = (
    "Name an instance_type with more memory in training.yaml (ml.m5.2xlarge has 32 GB, ml.r5 twice as much for the "
    "same processors), or leave columns out with drop."
)
_DISK = (
    "Raise volume_size_in_gb in training.yaml. A script of your own should write to SM_MODEL_DIR no more than it needs."
)
_HYPERPARAMETERS = (
    "Mend it in training.yaml; docs/reference/hyperparameters.md lists what each framework takes, and in which range."
)
_ACCESS = (
    "The stack's training role reads the run's own copies, its code and its checkpoints, and nothing else. Let the "
    "script get its data from SM_CHANNEL_TRAIN. Where it does, the policy of the bucket or of its KMS key refuses the "
    "role: whoever runs the stack adds it there."
)

# The first that matches wins, so the more special stands before the more general.
_RULES = (
    _Rule(
        "objective missing",
        # SageMaker's words of a tuning job, and ours.
        r"(?i:no objective metrics? (?:was |were )?found|objective\b[^\n]{0,120}\bnever\b)",
        "No trial told the objective, so none can be called the best.",
        "Name a metric under tuning.objective in training.yaml that the script logs for its validation rows; for a "
        "script of your own with the regex by which it is found in a line of the log.",
    ),
    _Rule(
        "quota",
        r"service (?:limit|quota) '(?P<quota>[^']{1,100})' is (?P<limit>\d+)",
        "The account's service quota '{quota}' is {limit}, and the job needs more.",
        "Ask for more under Service Quotas, Amazon SageMaker (new accounts often start at 0), or name another "
        "instance_type in training.yaml; small data trains with instance_type: lambda without any quota.",
    ),
    _Rule(
        "no capacity",
        r"^(?:\S+: )?CapacityError\b|Insufficient(?:Instance)?Capacity",
        "AWS had no free instance of this type.",
        "It was tried several times. Try again later with traindrop rerun, or name another instance_type.",
    ),
    _Rule(
        "spot interrupted",
        r"(?i)spot (?:interruption|instance\S* (?:was |were )?interrupt)|waited for spot capacity|MaxWaitTimeExceeded",
        "The spot market took the instance back, or had none for too long.",
        "Raise max_wait, name another instance_type, or take use_spot out of training.yaml.",
    ),
    _Rule(
        "timeout",
        r"maximum run ?time|MaxRuntimeExceeded|ran out of time|Task timed out after",
        "It took longer than it was allowed to.",
        "Raise max_runtime, lower num_round or choose a larger instance_type in training.yaml. A changed training.yaml "
        "trains the newest upload again.",
    ),
    _Rule(
        "disk full",
        r"No space left on device|Errno 28\b|Insufficient disk space|ran out of disk|(?i:disk quota exceeded)",
        "The disk was full.",
        _DISK,
    ),
    _Rule(
        "out of memory",
        r"\bMemoryError\b|std::bad_alloc|Unable to allocate|(?i:out of memory)|OutOfMemory|Cannot allocate memory"
        r"|instance type with more memory|exit code: 137\b|ExitCode (?:137|-9)\b|signal: killed|SIGKILL",
        "It ran out of memory.",
        _MEMORY,
    ),
    _Rule(
        "missing package",
        r"No module named '?(?P<package>[\w.]{1,80})",
        "The script imports {package}, which the framework's image does not have.",
        "Put a requirements.txt that names it beside the script in the dataset's code/ folder, and drop again.",
    ),
    _Rule(
        "package not found",
        r"No matching distribution found for (?P<package>[\w.\[\]=<>!~-]{1,80})",
        "pip found no {package} for the framework's image.",
        "Mend name and version in requirements.txt. With NetworkIsolation, or in a VPC without a way out, pip reaches "
        "nothing: put the wheels into the code/ folder.",
    ),
    _Rule(
        "packages not installed",
        r"InstallRequirementsError|InstallModuleError",
        "The packages of requirements.txt could not be installed.",
        "The log lines say which. With NetworkIsolation, or in a VPC without a way out, pip reaches nothing.",
    ),
    _Rule(
        "access denied",
        r"is not authorized to perform:? (?P<action>[\w:*]{1,60})",
        "A role lacks the permission {action}.",
        _ACCESS,
    ),
    _Rule(
        "access denied",
        r"AccessDenied|Access Denied|\b403\b[^\n]{0,60}Forbidden|S3 permissions",
        "Something that it needs was refused to it.",
        _ACCESS,
    ),
    _Rule(
        "test columns missing",
        r"header has no column (?P<column>[^\n]{1,80}), which the (?:model was trained with|training file has)",
        "The test file lacks columns of the training file: {column}.",
        "Drop a test file with all columns into the dataset's test/ folder, and then the training file again.",
    ),
    _Rule(
        "target missing",
        r"header has no column '(?P<column>[^'\n]{1,80})'",
        "The file has no column '{column}'.",
        "Set target in training.yaml to a column of the file, spelled as in its first line.",
    ),
    _Rule(
        "bad hyperparameter",
        r"(?:unrecognized arguments?: |error: argument )(?P<argument>--[\w-]{1,80})",
        "The script does not take the hyperparameter {argument}, or not with this value.",
        _HYPERPARAMETERS,
    ),
    _Rule(
        "bad hyperparameter",
        r"value [^\n]{1,40} for Parameter (?P<argument>\w{1,80})",
        "The hyperparameter {argument} has a value that XGBoost cannot take.",
        _HYPERPARAMETERS,
    ),
    _Rule(
        "bad hyperparameter",
        r"(?:ClientError|UserError|Validation(?:Error|Exception))\b[^\n]{0,200}[Hh]yper-?parameter|Invalid Parameter",
        "A hyperparameter is missing, unknown, or has a value that the training cannot take.",
        _HYPERPARAMETERS,
    ),
    _Rule(
        "column missing",
        r"KeyError: (?:'|\"\[')(?P<column>[^'\n]{1,80})'",
        "The script looks for '{column}', which its data does not have.",
        "Mend the name in the script or in the file's first line; where it is the target, set target in training.yaml.",
    ),
)  # fmt: skip
_COMPILED = [(rule, re.compile(rule.pattern, re.MULTILINE)) for rule in _RULES]


def known_failure(reason: str, log_lines: Sequence[str] = ()) -> KnownFailure | None:
    """What a failure's reason is known for; where it says nothing, the latest line of its log that does.

    A script's FailureReason is often `ExecuteUserScriptError` alone, and its traceback stands in the log.
    """
    for text in (reason, *reversed(log_lines)):
        for rule, pattern in _COMPILED:
            if found := pattern.search(text):
                said = found.groupdict()
                return KnownFailure(rule.name, rule.cause.format_map(said), rule.mend.format_map(said))
    return None
