"""YAML without aliases, tags, dates and duplicate keys."""

import pytest

from traindrop.strict_yaml import InvalidYaml, load

BILLION_LAUGHS = "\n".join(
    ["a0: &a0 [ha, ha, ha, ha]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)


def loaded(text: str) -> object:
    return load(text.encode(), max_bytes=100_000)


def test_plain_values_come_as_plain_values() -> None:
    assert loaded("a: 1\nb: [0.5, yes, text]\nc: {d: ~}\n") == {"a": 1, "b": [0.5, True, "text"], "c": {"d": None}}


@pytest.mark.parametrize("text", ["2020-01-31", "2020-13-45", "2001-12-14t21:59:43.10-05:00"])
def test_a_date_stays_the_text_that_it_is(text: str) -> None:
    assert loaded(f"target: {text}") == {"target": text}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BILLION_LAUGHS, "line 2 uses an alias"),
        ("a: &x 1\nb: 2\nc: *x", "line 3 uses an alias"),
        ("a: 1\nb: 2\na: 3", "line 3: a stands here a second time"),
        ("a: {b: 1, b: 2}", "line 1: b stands here a second time"),
        ("1: a", "line 1: the field name 1 is no text"),
        ("a: 1\nyes: b", "line 2: the field name True is no text"),
        ("? [a]\n: b", "line 1: the field name"),
        ("a: !!python/object/apply:os.system [id]", "line 1 uses the tag"),
        ("a: !!timestamp never", "line 1 uses the tag"),
        ("!own {a: b}", "line 1 uses the tag"),
        ("a: 0x_", "line 1: 0x_ is no number"),
        (f"a: {'9' * 5000}", "line 1: a number of 5,000 characters"),
        ("[" * 20_000, "nested too deeply"),
        ('a: "\\ud800"', "line 1 holds half a character"),
        ('a: "\\U22222222"', "no text: chr() arg not in range"),
        ('a: "\\Uffffffff"', "no text: Python int too large"),
        ("#" * 100_001, "longer than 100,000 bytes"),
    ],
)  # fmt: skip
def test_what_a_settings_file_has_no_need_of_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(InvalidYaml) as caught:
        loaded(text)
    assert says in str(caught.value)
