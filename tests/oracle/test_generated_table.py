"""The table of images as it is made out of addresses: nothing lost, and nothing taken for granted that is not so."""

from typing import Any

import pytest
from tests.oracle.generated_table import image_table

OLD, NEW = "2.9.0", "2.10.0"


def addresses(account: str = "111111111111") -> dict[str, Any]:
    """A framework with two versions in one region, and the newer one in China too."""
    usual = f"{account}.dkr.ecr.eu-west-1.amazonaws.com/torch"
    china = "222222222222.dkr.ecr.cn-north-1.amazonaws.com.cn/torch"
    return {
        "pytorch": {
            OLD: {"eu-west-1": {"cpu": f"{usual}:{OLD}-cpu"}},
            NEW: {
                "eu-west-1": {"cpu": f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/torch:{NEW}-cpu"},
                "cn-north-1": {"cpu": f"{china}:{NEW}-cpu"},
            },
        }
    }


def test_the_table_has_every_part_of_every_address() -> None:
    table: dict[str, Any] = {}
    exec(image_table(addresses()), table)  # noqa: S102 - our own text
    assert table["ACCOUNTS"] == {"pytorch": {"cn-north-1": "222222222222", "eu-west-1": "111111111111"}}
    assert table["REPOSITORIES"] == {"pytorch": "torch"}
    assert list(table["TAGS"]["pytorch"].items()) == [(NEW, {"cpu": f"{NEW}-cpu"}), (OLD, {"cpu": f"{OLD}-cpu"})]
    assert table["SINCE"] == {"pytorch": {"cn-north-1": NEW}}
    assert table["DOMAINS"] == {"cn-north-1": "amazonaws.com.cn"}


def test_an_account_that_changes_with_the_version_is_not_written_over() -> None:
    with pytest.raises(ValueError, match=r"eu-west-1: both 111111111111 and 333333333333; the table has to be split"):
        image_table(addresses(account="333333333333"))


def test_a_region_without_a_newer_version_that_it_has_an_older_one_of_is_an_error() -> None:
    found = addresses()
    del found["pytorch"][NEW]["eu-west-1"]
    with pytest.raises(ValueError, match=r"pytorch in eu-west-1: .* are not the newest"):
        image_table(found)


def test_an_address_of_another_form_is_an_error() -> None:
    found = addresses()
    found["pytorch"][OLD]["eu-west-1"]["cpu"] = "public.ecr.aws/torch:1"
    with pytest.raises(ValueError, match=r"not understood: public\.ecr\.aws/torch:1"):
        image_table(found)
