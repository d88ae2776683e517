"""Which code a run trains with: ours, a person's own, or none."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from traindrop.code import Code, OwnCode, choose_code, code_digest
from traindrop.config import TrainingConfig
from traindrop.errors import Rejected

SCRIPTS = Path(__file__).parents[2] / "training_scripts"
NONE = OwnCode({})
OWN = OwnCode({"train.py": b"print(1)\n", "lib/model.py": b"", "requirements.txt": b"pandas\n"})


def chosen(own: OwnCode, **config: Any) -> Code:
    return choose_code(TrainingConfig(**config), own, SCRIPTS)


def files(code: Code) -> set[str]:
    assert code.bundle is not None
    with tarfile.open(fileobj=io.BytesIO(code.bundle.body)) as tar:
        return set(tar.getnames())


def test_without_own_code_the_frameworks_script_trains_with_the_reader_that_it_shares_with_the_check() -> None:
    code = chosen(NONE)
    assert not code.own
    assert {"train.py", "traindrop/dataset.py"} <= files(code)


def test_own_code_goes_into_the_container_as_it_is_and_nothing_with_it() -> None:
    code = chosen(OWN, entry_point="lib/model.py")
    assert code.own
    assert files(code) == set(OWN.files)
    assert code.entry_point(TrainingConfig()) == "train.py"
    assert code.entry_point(TrainingConfig(entry_point="lib/model.py")) == "lib/model.py"


def test_an_image_of_ones_own_needs_no_script() -> None:
    assert chosen(NONE, framework="custom", image_uri="i").bundle is None
    assert chosen(OWN, framework="custom", image_uri="i").own


@pytest.mark.parametrize(
    ("own", "config", "said"),
    [
        (OWN, {"entry_point": "main.py"}, "'main.py' is not in the code folder, which has lib/model.py"),
        (OwnCode({"notes.md": b""}), {}, "'train.py' is not in the code folder, which has notes.md"),
        (NONE, {"entry_point": "main.py"}, "there is no code"),
        (OWN, {"framework": "builtin-xgboost"}, "runs no script"),
        (OwnCode({}, too_large=True), {}, "20,971,520 bytes"),
        (OwnCode({"train.py": b""}), {"instance_type": "lambda"}, "could read the credentials of the function"),
        (OWN, {"framework": "pytorch", "distribution": "data", "instance_count": 2}, "the script is your own"),
    ],
)
def test_code_that_cannot_be_started_is_rejected_before_money_is_spent(
    own: OwnCode, config: dict[str, Any], said: str
) -> None:
    with pytest.raises(Rejected) as caught:
        chosen(own, **config)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "name", ["../x.py", "/etc/x.py", "a/../../x.py", "a//x.py", "./x.py", "a\\x.py", "a\nb.py", "a\x1b[2J.py"]
)
def test_a_file_that_would_be_unpacked_outside_the_code_folder_is_rejected(name: str) -> None:
    with pytest.raises(Rejected, match="no path of a file in a folder") as caught:
        chosen(OwnCode({**OWN.files, name: b""}))
    assert str(caught.value).isprintable()


def test_other_code_is_another_question() -> None:
    config = TrainingConfig()
    ours, theirs = code_digest(config, NONE, SCRIPTS), code_digest(config, OWN, SCRIPTS)
    changed = OwnCode({**OWN.files, "train.py": b"print(2)\n"})
    assert len({ours, theirs, code_digest(config, changed, SCRIPTS)}) == 3
    bundle = choose_code(config, OWN, SCRIPTS).bundle
    assert bundle is not None
    assert bundle.digest == theirs


@pytest.mark.parametrize(
    ("body", "resumes"), [(b"save('/opt/ml/checkpoints')", True), (b"ModelCheckpoint()", True), (b"fit()", False)]
)
def test_a_script_that_never_mentions_checkpoints_is_known_not_to_resume(body: bytes, resumes: bool) -> None:
    assert OwnCode({"train.py": body}).resumes == resumes
    assert not OwnCode({"train.py": b"", "checkpoint.md": b"checkpoint"}).resumes
