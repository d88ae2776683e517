"""The same bytes again, and a rerun: what trains, and what is answered by the run that is there."""

import json
from pathlib import Path

from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled

from traindrop.run import Status


def test_the_same_bytes_again_launch_nothing_and_give_one_message_that_names_the_answer(pipeline: Pipeline) -> None:
    pipeline.drop("same", labelled(), hyperparameters=FEW_ROUNDS)
    (first,) = pipeline.told("same")
    pipeline.drop("same", labelled())
    (again, _) = pipeline.told("same", runs=2)
    assert (again.status, again.answered_by) == (Status.REPEATED, first.run)
    assert pipeline.job(again.run) is None
    outcomes = [message.outcome for message in pipeline.messages("same")]
    assert outcomes == ["evaluated", "repeated"]
    shown = json.loads(pipeline.traindrop("show", again.run, "--json").stdout)
    assert (shown["status"], shown["answered_by"]) == ("Repeated", first.run)
    assert f"answered by {first.run}" in pipeline.traindrop("runs", "--dataset", "same").stdout


def test_a_waiting_drop_of_the_same_bytes_ends_with_the_earlier_answer_and_says_how_to_force_another(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    file, config = tmp_path / "known.csv", tmp_path / "training.yaml"
    file.write_bytes(labelled())
    config.write_text(json.dumps({"hyperparameters": FEW_ROUNDS}), "utf-8")
    call = ("drop", file, "--config", config, "--wait")
    first = json.loads(pipeline.traindrop(*call, "--json").stdout)
    again = pipeline.traindrop(*call)
    assert again.returncode == 0
    assert f"traindrop rerun {first['run']}" in again.stdout
    script = json.loads(pipeline.traindrop(*call, "--json").stdout)
    assert (script["run"], script["answered_by"]) == (first["run"], first["run"])


def test_a_rerun_trains_the_same_file_as_a_run_of_its_own(pipeline: Pipeline) -> None:
    pipeline.drop("forced", labelled(), hyperparameters=FEW_ROUNDS)
    (first,) = pipeline.told("forced")
    done = pipeline.traindrop("rerun", first.run, "--wait", "--json")
    assert done.returncode == 0, done.stderr
    second = json.loads(done.stdout)
    assert second["run"] != first.run
    assert second["status"] == "Evaluated"
    assert f"The new run is {second['run']}." in done.stderr
    runs = pipeline.told("forced", runs=2)
    assert [(run.run, run.etag) for run in runs] == [(second["run"], first.etag), (first.run, first.etag)]
    assert [message.outcome for message in pipeline.messages("forced")] == ["evaluated"] * 2


def test_a_rerun_of_an_unknown_run_is_a_clear_error(pipeline: Pipeline) -> None:
    done = pipeline.traindrop("rerun", "traindrop-nothing-0123456789ab")
    assert (done.returncode, done.stdout) == (3, "")
    assert "There is no run traindrop-nothing-0123456789ab" in done.stderr
