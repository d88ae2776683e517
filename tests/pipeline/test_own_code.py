"""A person's own script from the dataset's code folder: it runs unchanged, and is scored by what it predicts."""

from pathlib import Path

import pytest
from tests.pipeline.pipeline import Pipeline, labelled

from traindrop.run import Status

CODE = Path(__file__).parent / "own_code"
NUMBERS = labelled().replace(b"rose", b"1").replace(b"tulip", b"0")


def upload_code(pipeline: Pipeline, dataset: str, files: dict[str, bytes]) -> None:
    for name, body in files.items():
        pipeline.put(f"datasets/{dataset}/code/{name}", body)


def own_code() -> dict[str, bytes]:
    return {path.relative_to(CODE).as_posix(): path.read_bytes() for path in sorted(CODE.rglob("*.py"))}


def told(pipeline: Pipeline, dataset: str) -> str:
    """The body of the dataset's one message, without its line breaks."""
    return " ".join(pipeline.message(dataset).body.split())


def test_a_script_that_predicts_the_test_channel_is_scored_as_any_other(pipeline: Pipeline) -> None:
    upload_code(pipeline, "own", own_code())
    pipeline.put("datasets/own/test/held_out.csv", labelled(40))
    pipeline.drop("own", labelled(), target="label", framework="sklearn")
    (run,) = pipeline.told("own")
    assert run.status is Status.EVALUATED, run.reason
    assert (run.framework, run.test_rows) == ("sklearn", 40)
    assert run.metrics["auc"] == 1.0
    assert run.validation == {"auc": 0.75}
    assert pipeline.message("own").outcome == "evaluated"


def test_the_lessons_script_runs_unchanged_and_its_model_is_kept(pipeline: Pipeline) -> None:
    upload_code(pipeline, "lesson", own_code())
    hyperparameters = {"train": "data.csv", "max_depth": 3, "num_round": 5}
    pipeline.drop(
        "lesson", NUMBERS, target="label", entry_point="train_xgboost.py", hyperparameters=hyperparameters
    )  # fmt: skip
    (run,) = pipeline.told("lesson")
    assert run.status is Status.EVALUATED, run.reason
    assert run.model_uri is not None
    assert (run.metrics, run.validation) == ({}, {})


def test_a_script_that_leaves_no_predictions_for_the_test_file_is_told_where_to_write_them(pipeline: Pipeline) -> None:
    upload_code(pipeline, "silent", own_code())
    pipeline.put("datasets/silent/test/held_out.csv", NUMBERS)
    pipeline.drop(
        "silent", NUMBERS, target="label", entry_point="train_xgboost.py", hyperparameters={"train": "data.csv"}
    )
    (run,) = pipeline.told("silent")
    assert run.status is Status.EVALUATION_FAILED
    assert "SM_OUTPUT_DATA_DIR/predictions.csv" in told(pipeline, "silent")


@pytest.mark.parametrize(
    ("name", "script", "status", "said"),
    [
        ("exits", b"print('the last thing it said')\nraise SystemExit(1)\n", Status.FAILED, "the last thing it said"),
        ("killed", b"import os\nos.kill(os.getpid(), 9)\n", Status.FAILED, "ExitCode -9"),
        ("idle", b"print('nothing to save')\n", Status.EVALUATION_FAILED, "left no model"),
        ("syntax", b"def main(:\n", Status.FAILED, "SyntaxError"),
    ],
)  # fmt: skip
def test_a_script_that_goes_wrong_ends_in_one_message_with_the_cause(
    pipeline: Pipeline, name: str, script: bytes, status: Status, said: str
) -> None:
    upload_code(pipeline, name, {"train.py": script})
    pipeline.drop(name, labelled(), target="label")
    (run,) = pipeline.told(name)
    assert run.status is status, run.reason
    assert said in told(pipeline, name)


def test_requirements_that_cannot_be_installed_are_the_cause_and_the_installers_last_words_are_shown(
    pipeline: Pipeline,
) -> None:
    upload_code(pipeline, "requires", {"train.py": b"", "requirements.txt": b"./no-such-folder\n"})
    pipeline.drop("requires", labelled(), target="label")
    (run,) = pipeline.told("requires")
    assert run.status is Status.FAILED
    said = told(pipeline, "requires")
    assert "InstallRequirementsError" in said
    assert "no-such-folder" in said


def test_a_script_that_writes_more_than_its_disk_holds_is_ended_with_that_as_the_cause(pipeline: Pipeline) -> None:
    script = (
        b"import os, time\n"
        b"with open(os.path.join(os.environ['SM_OUTPUT_DATA_DIR'], 'big'), 'wb') as file:\n"
        b"    os.posix_fallocate(file.fileno(), 0, 1200 * 2**20)\n"
        b"time.sleep(300)\n"
    )
    upload_code(pipeline, "big", {"train.py": script})
    pipeline.drop("big", labelled(), target="label", volume_size_in_gb=1)
    (run,) = pipeline.told("big")
    assert run.status is Status.FAILED
    assert "No space left on device: the volume of 1 GB" in told(pipeline, "big")


def test_a_spot_run_of_a_script_without_checkpoints_is_warned_of_in_its_message(pipeline: Pipeline) -> None:
    upload_code(pipeline, "forgetful", own_code())
    pipeline.drop("forgetful", labelled(), target="label", use_spot=True)
    pipeline.told("forgetful")
    assert "no script in the code folder mentions checkpoints" in told(pipeline, "forgetful")


def test_an_image_of_ones_own_gets_its_channels_and_plain_hyperparameters_and_its_failure_names_it(
    pipeline: Pipeline,
) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/traindrop/mine:1"
    pipeline.drop("image", labelled(), framework="custom", image_uri=image, hyperparameters={"depth": 3})
    (run,) = pipeline.told("image")
    # Without Docker it is said that it needs it; with Docker, that there is no such image.
    assert run.status is Status.FAILED
    assert image in told(pipeline, "image")
    job = pipeline.job(run.job)
    assert job is not None
    assert job["AlgorithmSpecification"]["TrainingImage"] == image
    assert job["HyperParameters"] == {"depth": "3"}
    assert [channel["ChannelName"] for channel in job["InputDataConfig"]] == ["train"]


def test_an_entry_point_that_is_not_there_is_rejected_before_a_job(pipeline: Pipeline) -> None:
    upload_code(pipeline, "nowhere", {"main.py": b""})
    pipeline.drop("nowhere", labelled(), target="label")
    (run,) = pipeline.told("nowhere")
    assert run.status is Status.REJECTED
    assert "'train.py' is not in the code folder, which has main.py" in told(pipeline, "nowhere")
    assert pipeline.job(run.run) is None


def test_the_command_line_drops_a_code_folder_and_makes_the_datasets_code_what_it_holds(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    pipeline.put("datasets/flowers code/code/old.py", b"")
    csv, test = tmp_path / "flowers.csv", tmp_path / "test.csv"
    csv.write_bytes(labelled())
    test.write_bytes(labelled(40))
    done = pipeline.traindrop(
        "drop", csv, "--dataset", "flowers code", "--target", "label", "--test", test, "--code", CODE, "--wait"
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert pipeline.read("datasets/flowers code/code/lib/nearest.py") is not None
    assert pipeline.read("datasets/flowers code/code/old.py") is None
    assert "auc 1.000" in done.stdout


def test_the_command_line_names_a_code_folder_that_is_none(pipeline: Pipeline, tmp_path: Path) -> None:
    csv = tmp_path / "flowers.csv"
    csv.write_bytes(labelled())
    for folder, said in ((tmp_path / "absent", "no such folder"), (tmp_path / "empty", "no file in it")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        done = pipeline.traindrop("drop", csv, "--code", folder)
        assert (done.returncode, said in done.stderr) == (3, True)
