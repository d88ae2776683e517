"""training.yaml: what is taken, what is refused, and in which words."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.config import MAX_BYTES, TrainingConfig, parse_config
from traindrop.config_schema import schema_text
from traindrop.errors import Rejected

ROOT = Path(__file__).parents[2]


def parse(text: str) -> TrainingConfig:
    return parse_config(text.encode(), file="training.yaml")


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "---\n", "\ufeff"])
def test_an_empty_file_means_the_defaults(text: str) -> None:
    config = parse(text)
    assert (config.target, config.task, config.framework) == (None, "auto", "xgboost")
    assert (config.validation_fraction, config.seed, config.max_runtime) == (0.2, 42, 3600)
    assert (config.instance_type, config.instance_count) == ("auto", 1)


def test_every_field_is_taken_as_written() -> None:
    config = parse(
        "target: Survived\ntask: binary\nhyperparameters: {max_depth: 3, eta: 0.1}\ndrop: [Name, Ticket]\n"
        "validation_fraction: 0.3\nseed: 7\ninstance_type: ml.c5.xlarge\nvolume_size_in_gb: 20\nmetric: f1\n"
        "tags: {cost centre: research}\n"
    )
    assert config.target == "Survived"
    assert config.hyperparameters == {"max_depth": 3, "eta": 0.1}
    assert config.drop == ("Name", "Ticket")
    assert (config.validation_fraction, config.instance_type, config.metric) == (0.3, "ml.c5.xlarge", "f1")
    assert config.tags == {"cost centre": "research"}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("'90'", 90), ("90s", 90), ("15m", 900), ("1h", 3600), ("1 h", 3600), ("2d", 172_800)],
)
def test_a_duration_may_carry_its_unit(written: str, seconds: int) -> None:
    assert parse(f"max_runtime: {written}\n").max_runtime == seconds


@pytest.mark.parametrize(
    ("text", "field", "found", "allowed"),
    [
        ("targt: Survived", "targt", "", "no such field"),
        ("target: 7", "target", "7", 'target: "7"'),
        ("target: ''", "target", "''", "at least 1 character"),
        ("task: ranking", "task", "'ranking'", "'binary'"),
        ("framework: keras", "framework", "'keras'", "'tensorflow'"),
        ("validation_fraction: 1", "validation_fraction", "1", "less than 1"),
        ("validation_fraction: .nan", "validation_fraction", "nan", "less than 1"),
        ("seed: -1", "seed", "-1", "greater than or equal to 0"),
        ("seed: 4.2", "seed", "4.2", "integer"),
        ("seed: yes", "seed", "True", "integer"),
        ("seed: '42'", "seed", "'42'", "integer"),
        ("instance_type: m5.large", "instance_type", "'m5.large'", "ml.m5.large"),
        ("instance_count: 21", "instance_count", "21", "less than or equal to 20"),
        ("volume_size_in_gb: 0", "volume_size_in_gb", "0", "greater than or equal to 1"),
        ("max_runtime: 59s", "max_runtime", "59", "greater than or equal to 60"),
        ("max_runtime: 29d", "max_runtime", "'29d'", "less than or equal to 2419200"),
        ("max_cost_usd: 0", "max_cost_usd", "found 0;", "above 0, such as 0.50"),
        ("max_cost_usd: -0.5", "max_cost_usd", "found -0.5;", "above 0"),
        ("max_cost_usd: $5", "max_cost_usd", "'$5'", "an amount of US dollars"),
        ("max_cost_usd: .inf", "max_cost_usd", "inf", "finite number"),
        ("max_runtime: 1w", "max_runtime", "'1w'", "90s, 15m, 1h, 2d"),
        ("metric: gini", "metric", "'gini'", "'auc'"),
        ("drop: Name", "drop", "'Name'", "a list of column names"),
        ("hyperparameters: [3]", "hyperparameters", "[3]", "dictionary"),
        ("tags: {team: 7}", "tags.team", "7", 'tags.team: "7"'),
        ("tags: {team: 'R&D'}", "tags.team", "'R&D'", "letters, numbers"),
        ("tags: {'aws:team': a}", "tags.aws:team", "'aws:team'", "are taken"),
        (f"tags: {{a: {'x' * 257}}}", "tags.a", "'xxx", "at most 256 characters"),
        ("entry_point: ../train.py", "entry_point", "'../train.py'", "inside the code folder"),
        ("entry_point: /etc/train.py", "entry_point", "'/etc/train.py'", "inside the code folder"),
        ("entry_point: train.sh", "entry_point", "'train.sh'", "a .py file"),
        ("environment: {1A: b}", "environment.1A", "'1A'", "begins with no digit"),
        ("environment: {A: 1}", "environment.A", "int", 'environment.A: "…"'),
        ("framework: custom", "image_uri", "none is given", "address of your image"),
        ("image_uri: a/b:1", "image_uri", "xgboost", "Set framework: custom"),
        ("{framework: custom, image_uri: 'a b'}", "image_uri", "'a b'", "without spaces"),
        ("{framework: custom, image_uri: a, framework_version: '1'}", "framework_version", "custom", "Leave it out"),
        ("{framework: builtin-xgboost, entry_point: train.py}", "entry_point", "'train.py'", "runs no script"),
        ("prepared: true", "prepared", "xgboost", "only builtin-xgboost"),
        ("{framework: sklearn, instance_count: 2}", "instance_count", "2", "Set instance_count: 1"),
        ("{framework: builtin-xgboost, instance_count: 2}", "instance_count", "2", "framework: xgboost"),
        ("distribution: model", "distribution", "'model'", "which has data"),
        ("{framework: sklearn, distribution: data}", "distribution", "'data'", "which has none"),
        ("max_wait: 2h", "max_wait", "without use_spot", "Add use_spot: true"),
        ("{use_spot: true, max_wait: 30m}", "max_wait", "1800 s", "at least as much"),
        ("keep_alive: 7h", "keep_alive", "'7h'", "less than or equal to 21600"),
        ("keep_alive: long", "keep_alive", "'long'", "90s, 15m, 1h"),
        ("{use_spot: true, keep_alive: 15m}", "keep_alive", "use_spot: true", "cannot be kept"),
        ("{instance_type: lambda, framework: pytorch}", "instance_type", "framework pytorch", "holds XGBoost only"),
        (
            "{instance_type: lambda, framework: tensorflow}",
            "instance_type",
            "framework tensorflow",
            "such as ml.m5.large",
        ),
        (
            "{instance_type: lambda, framework: sklearn}",
            "instance_type",
            "framework sklearn",
            "xgboost or builtin-xgboost",
        ),
        ("{instance_type: lambda, instance_count: 2}", "instance_count", "2 with instance_type lambda", "Set it to 1"),
        ("{instance_type: lambda, distribution: data}", "distribution", "'data'", "Leave it out"),
        ("{instance_type: lambda, use_spot: true}", "use_spot", "no spot capacity", "Leave it out"),
        ("{instance_type: lambda, environment: {LD_PRELOAD: a}}", "environment", "LD_PRELOAD", "Leave it out"),
        ("{instance_type: lambda, entry_point: a.py}", "entry_point", "'a.py'", "credentials"),
        ("{instance_type: lambda, framework_version: 3.0-5}", "framework_version", "'3.0-5'", "which has 3.2-0"),
        ("instance_type: Lambda", "instance_type", "'Lambda'", "auto, lambda or a SageMaker instance type"),
    ],
)
def test_a_wrong_value_is_rejected_with_its_field_what_was_found_and_what_is_allowed(
    text: str, field: str, found: str, allowed: str
) -> None:
    with pytest.raises(Rejected) as caught:
        parse(text)
    (problem,) = [line for line in str(caught.value).splitlines() if line.startswith("- ")]
    assert problem.startswith(f"- {field}: ")
    assert found in problem
    assert allowed in problem


def test_every_pair_of_fields_that_does_not_go_together_is_told_in_a_line_of_its_own() -> None:
    with pytest.raises(Rejected) as caught:
        parse("{framework: sklearn, instance_count: 2, max_wait: 2h, image_uri: a}")
    problems = str(caught.value).splitlines()[1:]
    assert [line.split(":")[0] for line in problems] == ["- image_uri", "- instance_count", "- max_wait"]


@pytest.mark.parametrize(
    "text",
    [
        "{framework: pytorch, instance_count: 4, distribution: hybrid}",
        "{framework: custom, image_uri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/traindrop/mine:1'}",
        "{use_spot: true, max_wait: 1h}",
        "{framework: tensorflow, entry_point: src/train.py, environment: {SEED: '7'}}",
        "{framework: builtin-xgboost, prepared: true}",
        "{framework: builtin-xgboost, instance_type: lambda}",
        "{framework: xgboost, framework_version: 3.2-0, instance_type: lambda, max_runtime: 5m}",
    ],
)
def test_fields_that_go_together_are_taken(text: str) -> None:
    assert parse(text).framework in {"pytorch", "custom", "xgboost", "tensorflow", "builtin-xgboost"}


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Rejected) as caught:
        parse("targt: a\nseed: -1\ntask: ranking\n")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:]] == ["- task", "- seed", "- targt"]


@pytest.mark.parametrize("text", ["just words", "- a\n- list", "42", "max_runtime 1h"])
def test_what_is_no_list_of_fields_is_rejected(text: str) -> None:
    with pytest.raises(Rejected, match="`field: value` lines"):
        parse(text)


@pytest.mark.parametrize("text", [b"a: [", b"\xff\xfe\x00", b"a: b: c", b"\ttarget: a", b"target: \x00"])
def test_what_is_no_yaml_is_rejected_naming_the_file(text: bytes) -> None:
    with pytest.raises(Rejected, match=re.escape("training.yaml cannot be read as YAML")):
        parse_config(text, file="training.yaml")


def test_a_file_beyond_the_size_limit_is_not_parsed() -> None:
    with pytest.raises(Rejected, match="longer than 65,536 bytes"):
        parse("# " + "x" * MAX_BYTES)


def test_a_long_wrong_value_is_cut_in_the_message() -> None:
    with pytest.raises(Rejected) as caught:
        parse(f"task: {'x' * 5000}")
    assert len(str(caught.value)) < 400


_WORDS = st.sampled_from(
    ["target", "seed", "drop", "tags", "max_runtime", ": ", "- ", "\n", "  ", "[", "]", "{", "}", "&a ", "*a",
     "!!int ", "!!python/object:os.system ", "? ", "| ", "<<", "0x_", "0b", "2020-13-45", "1:99",
     ".inf", ".nan", "~", '"\\ud800"',
     "'", '"', "%", "@", "---", "...", "\u2028", "9" * 60, "é"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=200), st.lists(_WORDS, max_size=25).map(lambda words: "".join(words).encode())))
def test_any_bytes_are_a_config_or_a_rejection_and_nothing_else(text: bytes) -> None:
    try:
        reason = repr(parse_config(text, file="training.yaml"))
    except Rejected as error:
        reason = str(error)
    # It goes into the ledger and into a mail: it has to be text that can be encoded.
    assert reason.encode()


def test_the_published_json_schema_is_that_of_the_model() -> None:
    published = (ROOT / "docs/training.schema.json").read_text("utf-8")
    assert published == schema_text(), "run: make reference"
