from collections.abc import Iterator

import boto3
import pytest

from shared.aws.table import Row
from tests.support import registry_builders
from tests.support.aws import service_in_moto

BUCKET = "registry-files"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Row]]:
    with service_in_moto(monkeypatch, "registry", FILES_BUCKET=BUCKET) as found:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "cn-north-1"})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        registry_builders.forget()
        yield found
        registry_builders.forget()
