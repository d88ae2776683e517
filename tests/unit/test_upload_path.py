"""What a key in the bucket is for."""

import pytest

from traindrop import upload_path
from traindrop.errors import Rejected
from traindrop.upload_path import UploadPath, config_key, parse_key, train_prefix


@pytest.mark.parametrize(
    ("key", "dataset"),
    [
        ("datasets/titanic/train/titanic.csv", "titanic"),
        ("datasets/titanic/train/TITANIC.CSV", "titanic"),
        ("datasets/titanic/train/2024/january.csv", "titanic"),
        ("datasets/gemüse & co/train/my file+1.csv", "gemüse & co"),
        ('datasets/titanic/train/100% "real" it\'s.csv', "titanic"),
        ("datasets/数据/train/数据.csv", "数据"),
        ("datasets/train/train/a.csv", "train"),
    ],
)
def test_a_csv_under_train_belongs_to_its_dataset(key: str, dataset: str) -> None:
    assert parse_key(key) == UploadPath(dataset=dataset, is_config=False)


def test_a_training_yaml_is_the_config_of_its_dataset() -> None:
    assert parse_key("datasets/titanic/training.yaml") == UploadPath(dataset="titanic", is_config=True)


@pytest.mark.parametrize("key", ["datasets/titanic/train/", "datasets/titanic/train/2024/", "datasets/"])
def test_a_folder_marker_is_no_upload(key: str) -> None:
    assert parse_key(key) is None


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("titanic.csv", "no dataset's folder"),
        ("datasets/titanic/titanic.csv", "no dataset's folder"),
        ("datasets/train/titanic.csv", "no dataset's folder"),
        ("datasets//train/titanic.csv", "no dataset's folder"),
        ("datasets/titanic/test/titanic.csv", "no dataset's folder"),
        ("other/datasets/titanic/train/titanic.csv", "no dataset's folder"),
        ("datasets/a/b/train/titanic.csv", "one folder"),
        ("datasets/../train/titanic.csv", "no name for a dataset"),
        ("datasets/a\nb/train/titanic.csv", "control characters"),
        ("datasets/a\x1b[31m/train/titanic.csv", "control characters"),
        (f"datasets/{'a' * 201}/train/titanic.csv", "at most 200"),
        (f"datasets/{'a' * 1000}/train/t.csv", "at most 200"),
        ("datasets/../../etc/train/titanic.csv", "one folder"),
        ("datasets/a/../train/titanic.csv", "one folder"),
        ("datasets/./train/titanic.csv", "no name for a dataset"),
        ("datasets/-rf/train/titanic.csv", "a hyphen in front"),
        ("datasets/--stack=x/train/titanic.csv", "a hyphen in front"),
        ("datasets/a\x00b/train/titanic.csv", "control characters"),
        ("datasets/a\x9b2Jb/train/titanic.csv", "control characters"),
        ("datasets/a\u202eb/train/titanic.csv", "control characters"),
        ("datasets/titanic/train/titanic.parquet", "does not end in .csv"),
        ("datasets/titanic/train/titanic", "does not end in .csv"),
        ("datasets/titanic/train/titanic.csv.gz", "does not end in .csv"),
    ],
)
def test_a_key_that_belongs_to_no_dataset_is_rejected_saying_where_to_drop(key: str, says: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_key(key)
    assert says in str(caught.value)
    assert not any(ord(letter) < 32 for letter in str(caught.value))


@pytest.mark.parametrize("dataset", ["titanic", "gemüse & co", "train"])
def test_the_places_of_a_dataset_are_read_back_as_that_dataset(dataset: str) -> None:
    train = parse_key(f"{train_prefix(dataset)}a.csv")
    config = parse_key(config_key(dataset))
    assert train is not None
    assert config is not None
    assert train.dataset == config.dataset == dataset
    assert train_prefix(dataset) != upload_path.test_prefix(dataset)
