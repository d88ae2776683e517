"""Addresses of the training images."""

import pytest

from traindrop.errors import LaunchRefused
from traindrop.images import XGBOOST_ACCOUNTS, xgboost_image


@pytest.mark.parametrize(
    ("region", "image"),
    [
        ("us-east-1", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"),
        ("eu-central-1", "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:3.2-0"),
        ("cn-north-1", "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:3.2-0"),
        ("us-gov-west-1", "414596584902.dkr.ecr.us-gov-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"),
        ("us-iso-east-1", "833128469047.dkr.ecr.us-iso-east-1.c2s.ic.gov/sagemaker-xgboost:3.2-0"),
        ("us-isob-east-1", "281123927165.dkr.ecr.us-isob-east-1.sc2s.sgov.gov/sagemaker-xgboost:3.2-0"),
        ("us-isof-south-1", "124985052026.dkr.ecr.us-isof-south-1.csp.hci.ic.gov/sagemaker-xgboost:3.2-0"),
    ],
)
def test_an_image_lies_in_its_regions_account_and_partition(region: str, image: str) -> None:
    assert xgboost_image(region, "3.2-0") == image


def test_every_account_has_twelve_digits_and_one_region() -> None:
    assert all(len(account) == 12 and account.isdigit() for account in XGBOOST_ACCOUNTS.values())
    assert len(set(XGBOOST_ACCOUNTS.values())) == len(XGBOOST_ACCOUNTS)


@pytest.mark.parametrize(("region", "near"), [("eu-west-9", "eu-west-"), ("us-esat-1", "us-east-1")])
def test_a_region_without_an_image_is_refused_naming_those_nearest(region: str, near: str) -> None:
    with pytest.raises(LaunchRefused) as caught:
        xgboost_image(region, "3.2-0")
    assert near in str(caught.value)
