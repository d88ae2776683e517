"""What is chosen on the page, and the training.yaml that says so."""

import pytest

from traindrop.config import parse_config
from traindrop.errors import Rejected
from traindrop_cli.ui.choices import Choices, choices_of_config, choices_of_form, config_text

NAMES = ["a", "b", "no", "label"]


def test_the_form_names_columns_by_their_places_so_that_no_name_is_changed_on_the_way() -> None:
    form = {"dataset": [" flowers "], "target": ["3"], "drop": ["0", "2"], "task": ["auto"], "framework": ["sklearn"],
            "instance_type": ["lambda"], "more": ["seed: 7\r\n"], "unknown": ["x"]}  # fmt: skip
    found = choices_of_form(form, NAMES, 200, Choices())
    assert found == Choices("flowers", "label", ("a", "no"), "auto", "sklearn", "lambda", "seed: 7\n")


@pytest.mark.parametrize("place", ["", "-1", "4", "label", "¹", "1.0"])
def test_a_place_that_no_column_has_is_no_target(place: str) -> None:
    assert choices_of_form({"target": [place]}, NAMES, 200, Choices()).target == ""


def test_columns_that_the_page_does_not_show_stay_left_out() -> None:
    before = Choices(drop=("a", "label"))
    assert choices_of_form({"drop": ["1"]}, NAMES, 2, before).drop == ("b", "label")


def test_what_was_chosen_is_what_training_is_told_and_comes_back_as_it_was() -> None:
    chosen = Choices(
        "flowers", "no", ("a: b", "true"), "binary", "sklearn", "ml.m5.large", "hyperparameters:\n  seed: 1\n"
    )
    text = config_text(chosen)
    config = parse_config(text, file="training.yaml")
    assert (config.target, config.drop, config.task, config.framework) == ("no", ("a: b", "true"), "binary", "sklearn")
    assert choices_of_config("flowers", text, "other") == chosen


def test_defaults_are_not_written() -> None:
    assert config_text(Choices("flowers", "label")) == b"target: label\n"
    assert config_text(Choices("flowers")) == b"{}\n"


def test_a_training_yaml_without_a_target_leaves_the_guess() -> None:
    assert choices_of_config("flowers", None, "label") == Choices("flowers", "label")
    assert choices_of_config("flowers", b"seed: 3\n", "label") == Choices("flowers", "label", more="seed: 3\n")


@pytest.mark.parametrize("text", [b"{", b"\xff", b"- a\n", b"target: [a]\n", b"drop: a\n", b"drop: [1]\n"])
def test_a_training_yaml_that_cannot_be_shown_in_fields_is_shown_as_it_is(text: bytes) -> None:
    found = choices_of_config("flowers", text, "label")
    assert (found.target, found.more) == ("label", text.decode("utf-8", "replace"))


@pytest.mark.parametrize(
    ("more", "said"),
    [("{", "cannot be read as YAML"), ("- a", "lines of `field: value`"), ("target: b", "a field of its own")],
)
def test_further_fields_that_cannot_be_taken_say_what_to_do(more: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        config_text(Choices("flowers", "label", more=more))
