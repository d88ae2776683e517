"""What a person may do after a run: in words, and as commands to type."""

import re
import shlex

from traindrop import plain_text
from traindrop.outcome import Kind, Outcome

# As CloudFormation names it: <stack>-<logical name>-<suffix>.
_FUNCTION = re.compile(r"(?P<stack>[\w-]{1,40})-(?P<name>[A-Z][A-Za-z]+)-\w+", re.ASCII)
_TRAINING_LOG_GROUP = "/aws/sagemaker/TrainingJobs"


def advice(outcome: Outcome) -> str:
    """What is to be done, in sentences; nothing where all is well."""
    if outcome.kind is Kind.EVALUATED:
        trust = _MORE_TRUST if outcome.metrics else _NO_METRICS
        return trust.format(dataset=outcome.dataset or "DATASET") if outcome.only_validation else ""
    if outcome.known:
        return outcome.known.mend
    return (_OF_TUNING if outcome.tunes else {}).get(outcome.kind) or _ADVICE[outcome.kind]


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
_OF_TUNING = {
    Kind.FAILED: (
        "Read the log lines above, those of one of the trials, from the end upwards; mend the file, its training.yaml "
        "or the training script, and drop it again. What the trials saved is kept below Trials."
    ),
    Kind.STOPPED: (
        "What the trials had saved until then is kept below Trials. To tune anew: traindrop rerun. Where it ran out of "
        "time: raise max_runtime, or lower max_jobs or num_round in training.yaml."
    ),
}


_RERUN_HELPS = {Kind.REPEATED, Kind.FAILED, Kind.STOPPED, Kind.LAUNCH_FAILED, Kind.EVALUATION_FAILED}


def commands(outcome: Outcome) -> list[str]:
    """What to type next, quoted for a shell."""
    run = plain_text.line(outcome.answered_by or outcome.run or "", 100)
    found = [f"traindrop show {shlex.quote(run)}"] if run else []
    if run and outcome.kind in _RERUN_HELPS:
        found.append(f"traindrop rerun {shlex.quote(run)}")
    if run and outcome.champion:
        champion = shlex.quote(plain_text.line(outcome.champion, 100))
        found.append(f"traindrop compare {shlex.quote(run)} {champion}")
    if outcome.kind is Kind.EVALUATED and outcome.report_uri and run:
        found.append(f"traindrop report {shlex.quote(run)}")
    if outcome.kind is Kind.EVALUATED and outcome.model_uri:
        found.append(f"aws s3 cp {shlex.quote(plain_text.line(outcome.model_uri, 1200))} .")
    if outcome.kind in (Kind.FAILED, Kind.STOPPED) and run:
        found.append(f"aws logs tail {_TRAINING_LOG_GROUP} --log-stream-name-prefix {shlex.quote(run)}")
    if outcome.kind in (Kind.FAILED, Kind.STOPPED) and outcome.trials_uri:
        found.append(f"aws s3 ls --recursive {shlex.quote(plain_text.line(outcome.trials_uri, 1200))}")
    if outcome.kind is Kind.REJECTED and outcome.file and outcome.dataset:
        file, dataset = (shlex.quote(plain_text.line(text, 300)) for text in (outcome.file, outcome.dataset))
        found.append(f"traindrop drop {file} --dataset {dataset}")
    if outcome.kind is Kind.INTERNAL_ERROR and outcome.function:
        found += [f"aws logs tail {shlex.quote(group)} --since 1d" for group in _log_groups(outcome.function)]
    return found


def _log_groups(function: str) -> list[str]:
    """The log group that template.yaml gives a function of this physical name; none for another name."""
    found = _FUNCTION.fullmatch(function)
    return [f"/traindrop/{found['stack']}/{found['name']}"] if found else []
