"""Addresses of SageMaker's own training images, by region.

The accounts are those of the SageMaker Python SDK (its image_uri_config/xgboost.json).
`latest` and `1` mean XGBoost 0.72 of 2018 there, so a version is always spelled out.
"""

import difflib

from traindrop.errors import LaunchRefused

XGBOOST_ACCOUNTS = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "ca-west-1": "190319476487",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-iso-east-1": "833128469047",
    "us-isob-east-1": "281123927165",
    "us-isof-east-1": "108575199400",
    "us-isof-south-1": "124985052026",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}

_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}


def xgboost_image(region: str, version: str) -> str:
    """The address of the SageMaker XGBoost image. Raises `LaunchRefused` where a region has none."""
    account = XGBOOST_ACCOUNTS.get(region)
    if account is None:
        near = ", ".join(difflib.get_close_matches(region, XGBOOST_ACCOUNTS, n=3, cutoff=0.3))
        raise LaunchRefused(f"SageMaker has no XGBoost image in the region {region}. The nearest names: {near}.")
    suffix = next((end for start, end in _SUFFIXES.items() if region.startswith(start)), "amazonaws.com")
    return f"{account}.dkr.ecr.{region}.{suffix}/sagemaker-xgboost:{version}"


def image(_framework: str, version: str | None, region: str, _instance_type: str) -> str:
    return xgboost_image(region, version or "3.2-0")
