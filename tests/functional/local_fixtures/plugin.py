"""One local AWS for all functional tests that need it (`pytest_plugins` in their modules)."""

from collections.abc import Iterator

import pytest
from tests.functional.local_fixtures.aws import BUCKET, SETTINGS, TRUST, client, make_role

from traindrop_cli.local.client import LocalAws


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS with a bucket that holds one CSV, and a training role that may use the bucket and write logs."""
    with LocalAws.start(SETTINGS, log_file=tmp_path_factory.mktemp("local") / "log") as local:
        client(local, "s3").create_bucket(Bucket=BUCKET)
        client(local, "s3").put_object(Bucket=BUCKET, Key="datasets/toy/train/my data+1.csv", Body=b"x,y\n1,2\n")
        make_role(local, "training", ["s3:*", "logs:*"], trust=TRUST)
        yield local
