"""The script-mode contract: recorded answers of SageMaker's own toolkit, and tiny real scripts."""

import io
import json
import os
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from traindrop.container import CodeError, Outcome, prepare, run, unpack_code
from traindrop.folders import Folders
from traindrop.instances import Instance, instances
from traindrop.process import Supervision
from traindrop.script_mode import environment, is_script_mode, script_arguments

ORACLE = json.loads(
    (Path(__file__).parents[1] / "functional/local_fixtures/script_mode_oracle.json").read_text(encoding="utf-8")
)


def a_request(**changes: Any) -> dict[str, Any]:
    channels = [
        {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": {}}},
        {"ChannelName": "test", "DataSource": {"S3DataSource": {}}},
    ]
    return {
        "TrainingJobName": "a-job",
        "HyperParameters": ORACLE["hyperparameters"],
        "InputDataConfig": channels,
        "ResourceConfig": {"InstanceType": "ml.m5.large"},
        **changes,
    }


def run_script(tmp_path: Path, script: str, lines: list[str] | None = None, **supervision: Any) -> Outcome:
    request = a_request()
    folders = prepare(request, tmp_path)
    (folders.code / "train.py").write_text(script, encoding="utf-8")
    supervision = {"on_line": [].append if lines is None else lines.append, **supervision}
    extra = supervision.pop("extra_environment", None)
    return run(request, folders, Supervision(**supervision), extra_environment=extra)


def test_the_arguments_are_those_of_the_toolkit() -> None:
    assert script_arguments(a_request()) == ORACLE["arguments"]


def tuned(image: str, **hyperparameters: str) -> dict[str, Any]:
    """The request of a training job that a tuning job began: the service adds one hyperparameter."""
    found = {**ORACLE["hyperparameters"], "_tuning_objective_metric": "validation:auc", **hyperparameters}
    image = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{image}"
    return a_request(HyperParameters=found, AlgorithmSpecification={"TrainingImage": image})


@pytest.mark.parametrize("image", ["sagemaker-xgboost:3.2-0", "sagemaker-scikit-learn:1.4-2", "pytorch-training:2.8.0"])
def test_a_script_is_not_told_that_it_is_tuned(image: str) -> None:
    assert script_arguments(tuned(image)) == ORACLE["arguments"]
    assert "_tuning_objective_metric" not in str(environment(tuned(image), Folders(Path("/opt/ml"))))


@pytest.mark.parametrize(
    ("given", "handed_over"),
    # Recorded with sagemaker-tensorflow-training 20.5.0.
    [({}, "None/a-job/model"), ({"model_dir": '"/opt/ml/checkpoints"'}, "/opt/ml/checkpoints")],
)
def test_the_tensorflow_image_hands_a_model_dir_to_a_script_that_is_tuned(
    given: dict[str, str], handed_over: str
) -> None:
    request = tuned("tensorflow-training:2.19.0-cpu-py312", **given)
    place = ORACLE["arguments"].index("--nothing")  # sorted
    expected = [*ORACLE["arguments"][:place], "--model_dir", handed_over, *ORACLE["arguments"][place:]]
    assert script_arguments(request) == expected
    variables = environment(request, Folders(Path("/opt/ml")))
    assert (variables["SM_HP_MODEL_DIR"], variables["SM_MODEL_DIR"]) == (handed_over, "/opt/ml/model")
    assert json.loads(variables["SM_USER_ARGS"]) == expected


@pytest.mark.parametrize(
    ("instance", "changed"),
    [
        (instances(["algo-1"], "eth0")[0], {}),
        (instances(["algo-1", "algo-2"], "eth0")[1], ORACLE["second_of_two_hosts"]),
    ],
)
def test_the_environment_is_that_of_the_toolkit(
    instance: Instance, changed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    expected = ORACLE["environment"] | changed
    # The recording ran without TRAINING_JOB_NAME, which SageMaker sets.
    training_env = json.loads(expected.pop("SM_TRAINING_ENV")) | {"job_name": "a-job"}
    actual = environment(a_request(), Folders(Path("/opt/ml")), instance)
    assert json.loads(actual.pop("SM_TRAINING_ENV")) == training_env
    assert actual.pop("TRAINING_JOB_NAME") == "a-job"
    assert actual == expected


def test_the_request_may_set_variables_of_its_own() -> None:
    assert environment(a_request(Environment={"MODE": "fast"}), Folders(Path("/opt/ml")))["MODE"] == "fast"


@pytest.mark.parametrize(
    ("hyperparameters", "expected"),
    [
        ({"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://b/k"'}, True),
        ({"sagemaker_program": '"train.py"'}, False),
        ({}, False),
    ],
)
def test_script_mode_needs_a_program_and_its_code(hyperparameters: dict[str, str], expected: bool) -> None:
    assert is_script_mode({"HyperParameters": hyperparameters}) is expected


def test_the_script_sees_its_arguments_folders_and_configuration(tmp_path: Path) -> None:
    lines: list[str] = []
    script = """
import json, os, sys
config = os.environ["SM_INPUT_CONFIG_DIR"]
seen = {name: json.load(open(os.path.join(config, name))) for name in sorted(os.listdir(config))}
folders = [os.environ[name] for name in ("SM_CHANNEL_TRAIN", "SM_MODEL_DIR", "SM_OUTPUT_DATA_DIR")]
print(json.dumps([sys.argv[1:], seen, [os.path.isdir(folder) for folder in folders], os.getcwd()]))
"""
    outcome = run_script(tmp_path, script, lines)
    arguments, files, folders, working_directory = json.loads(lines[0])
    assert (outcome.exit_code, outcome.failure_reason) == (0, None)
    assert arguments == ORACLE["arguments"]
    assert files["hyperparameters.json"] == ORACLE["hyperparameters"]
    assert files["inputdataconfig.json"] == json.loads(ORACLE["environment"]["SM_INPUT_DATA_CONFIG"])
    assert files["resourceconfig.json"] == json.loads(ORACLE["environment"]["SM_RESOURCE_CONFIG"])
    assert folders == [True, True, True]
    assert working_directory == str(tmp_path.resolve() / "code")


def test_instances_share_the_processors_and_agree_on_who_is_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    hosts = [f"127.0.0.{number}" for number in range(1, 12)]
    made = instances(hosts, "lo")
    assert [each.host for each in made if each.is_first] == ["127.0.0.1"]
    assert made[9].hosts[:3] == ("127.0.0.1", "127.0.0.10", "127.0.0.11")
    folders, lines = prepare(a_request(), tmp_path, made[1]), list[str]()
    script = (
        "import json, os; print(os.environ['OMP_NUM_THREADS'], json.loads(os.environ['SM_TRAINING_ENV'])['is_master'])"
    )
    (folders.code / "train.py").write_text(script)
    run(a_request(), folders, Supervision(lines.append), instance=instances(hosts[:2], "lo")[1])
    assert lines == ["4 False"]
    config = json.loads((folders.config / "resourceconfig.json").read_text())
    assert (config["current_host"], config["hosts"]) == ("127.0.0.2", list(made[1].hosts))


def test_the_script_gets_no_credentials_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    lines: list[str] = []
    names = ("AWS_SECRET_ACCESS_KEY", "AWS_REGION", "OMP_NUM_THREADS")
    script = f"import os; print([os.environ.get(name) for name in {names}])"
    run_script(tmp_path, script, lines, extra_environment={"AWS_REGION": "eu-west-1"})
    assert lines == ["[None, 'eu-west-1', '1']"]


def test_output_and_errors_arrive_as_lines_while_the_script_runs(tmp_path: Path) -> None:
    stop, lines = threading.Event(), []

    def note(line: str) -> None:
        lines.append(line)
        stop.set()

    script = "import sys, time; print('é', file=sys.stderr); time.sleep(60)"
    outcome = run_script(tmp_path, script, on_line=note, stop=stop, grace=5)
    assert lines[0] == "é"
    assert (outcome.stopped, outcome.failure_reason) == (True, None)
    assert outcome.seconds < 5


def test_a_script_that_fails_is_reported_in_the_words_of_sagemaker(tmp_path: Path) -> None:
    outcome = run_script(tmp_path, "raise SystemExit(3)")
    assert outcome.exit_code == 3
    assert outcome.failure_reason is not None
    assert outcome.failure_reason.startswith(
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 3\nErrorMessage ""\nCommand "python3 -- train.py'
    )
    assert outcome.failure_reason.endswith(", exit code: 1")


def test_what_the_script_writes_to_the_failure_file_is_the_reason(tmp_path: Path) -> None:
    script = """
import os
open(os.environ["SM_OUTPUT_DIR"] + "/failure", "w").write("no rows " + "x" * 2000)
raise SystemExit(1)
"""
    reason = run_script(tmp_path, script).failure_reason
    assert reason is not None
    assert reason.startswith("AlgorithmError: no rows xxx")
    assert reason.endswith("x, exit code: 1")
    assert len(reason) == 1024


@pytest.mark.parametrize("program", ["../train.py", "/bin/train.py", "-m.py", "train.sh", "a b.py", ""])
def test_an_entry_point_outside_the_code_is_refused(tmp_path: Path, program: str) -> None:
    hyperparameters = {"sagemaker_program": json.dumps(program), "sagemaker_submit_directory": '"s3://b/k"'}
    request = a_request(HyperParameters=hyperparameters)
    outcome = run(request, prepare(request, tmp_path), Supervision(print))
    assert outcome.failure_reason == (
        f"AlgorithmError: The training entry point {program!r} cannot be used: "
        "expected the relative path of a .py file, exit code: 1"
    )


def test_a_script_and_its_children_that_ignore_sigterm_are_killed(tmp_path: Path) -> None:
    script = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid)
time.sleep(60)
"""
    stop, lines = threading.Event(), list[str]()

    def note(line: str) -> None:
        lines.append(line)
        stop.set()

    outcome = run_script(tmp_path, script, on_line=note, stop=stop, grace=0.2)
    assert (outcome.stopped, outcome.exit_code, outcome.failure_reason) == (True, -9, None)
    assert not is_running(int(lines[0]))


def test_the_deadline_ends_a_script(tmp_path: Path) -> None:
    outcome = run_script(tmp_path, "import time; time.sleep(60)", deadline=time.monotonic() + 0.2)
    assert (outcome.timed_out, outcome.stopped, outcome.failure_reason) == (True, False, None)


def test_a_script_may_use_its_grace_period_to_save_the_model(tmp_path: Path) -> None:
    stop = threading.Event()
    script = """
import os, signal, time
def save(*_):
    open(os.environ["SM_MODEL_DIR"] + "/model", "w").write("half")
    raise SystemExit
signal.signal(signal.SIGTERM, save)
print("ready")
time.sleep(60)
"""
    assert run_script(tmp_path, script, on_line=lambda _: stop.set(), stop=stop).stopped
    assert (Folders(tmp_path).model / "model").read_text() == "half"


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux can tie a process to the death of its parent")
def test_a_script_tied_to_its_parent_still_gets_its_arguments(tmp_path: Path) -> None:
    lines: list[str] = []
    outcome = run_script(tmp_path, "import sys; print(sys.argv[0], len(sys.argv))", lines, die_with_parent=True)
    assert outcome.exit_code == 0
    assert lines == [f"train.py {len(ORACLE['arguments']) + 1}"]


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux has a score by which it kills")
def test_when_memory_runs_out_the_kernel_takes_the_script_first_and_not_who_started_it(tmp_path: Path) -> None:
    lines: list[str] = []
    run_script(tmp_path, "print(open('/proc/self/oom_score_adj').read())", lines, die_with_parent=True)
    assert lines[0] == "1000"
    assert int(Path("/proc/self/oom_score_adj").read_text("utf-8")) < 1000


def test_an_archive_that_would_leave_the_code_folder_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "sourcedir.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../evil.py"), io.BytesIO())
    with pytest.raises(CodeError, match=r"cannot extract sourcedir\.tar\.gz: .*evil"):
        unpack_code(archive, prepare(a_request(), tmp_path / "job"))
    assert not (tmp_path / "evil.py").exists()


def test_code_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "sourcedir.tar.gz"
    archive.write_bytes(b"print('hello')")
    with pytest.raises(CodeError, match="not a gzip file"):
        unpack_code(archive, prepare(a_request(), tmp_path / "job"))


def is_running(pid: int) -> bool:
    deadline = time.monotonic() + 2  # it was orphaned: init reaps it a moment after it was killed
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True
