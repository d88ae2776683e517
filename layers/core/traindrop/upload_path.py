"""Where things lie in the bucket that people drop files into."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from traindrop.errors import Rejected

_KEY = re.compile(r"datasets/(?P<dataset>.+)/(?P<rest>train/[^/].*|training\.yaml)", re.DOTALL)
# An S3 key may hold any of them; none has a place in a subject line or in a terminal. After the control characters:
# line separators, and what turns the direction of text around (https://www.unicode.org/reports/tr9/, 2).
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MAX_DATASET = 200


@dataclass(frozen=True)
class UploadPath:
    dataset: str
    is_config: bool


def parse_key(key: str) -> UploadPath | None:
    """What a key under the watched prefixes is for; None for a folder marker, which is no upload.

    Raises `Rejected` for a file that lies where no dataset can be told from it.
    """
    if key.endswith("/"):
        return None
    match = _KEY.fullmatch(key)
    if match is None:
        raise Rejected(f"{key!r} lies in no dataset's folder. Drop it at datasets/<dataset>/train/<file>.csv.")
    dataset = match["dataset"]
    if not _is_name(dataset):
        raise Rejected(
            f"{dataset[:80]!r} is no name for a dataset: it has to be one folder, without control characters or a "
            f"hyphen in front, and at most {MAX_DATASET} letters long. Drop the file at "
            "datasets/<dataset>/train/<file>.csv."
        )
    is_config = match["rest"] == "training.yaml"
    if not is_config and PurePosixPath(key).suffix.lower() != ".csv":
        raise Rejected(
            f"{PurePosixPath(key).name!r} does not end in .csv. Only CSV files are trained on; "
            "save it as a CSV file and drop it again."
        )
    return UploadPath(dataset=dataset, is_config=is_config)


def _is_name(dataset: str) -> bool:
    if "/" in dataset or dataset in {".", ".."} or len(dataset) > MAX_DATASET:
        return False
    # `--dataset -x` reads as another option.
    return not dataset.startswith("-") and _STEERING.search(dataset) is None


def config_key(dataset: str) -> str:
    return f"datasets/{dataset}/training.yaml"


def train_prefix(dataset: str) -> str:
    return f"datasets/{dataset}/train/"


def test_prefix(dataset: str) -> str:
    return f"datasets/{dataset}/test/"


def code_prefix(dataset: str) -> str:
    return f"datasets/{dataset}/code/"
