"""Small real things that tests are built from."""

from typing import Any

from botocore.exceptions import ClientError

# Two numbers and a label that they decide: 60 rows, 3 columns.
CSV = b"length,width,species\n" + b"".join(
    f"{n % 7}.5,{n % 5},{'rose' if n % 7 > 3 else 'tulip'}\n".encode() for n in range(60)
)


def client_error(operation: str, code: str, message: str) -> ClientError:
    """An error as botocore raises it for a service's answer."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def classic_event(bucket: str, encoded_keys: list[str], body: bytes) -> dict[str, Any]:
    """A classic S3 notification of several uploads of the same bytes."""
    return {
        "Records": [
            {
                "eventTime": "2026-11-12T00:00:00.000Z",
                "s3": {
                    "bucket": {"name": bucket},
                    "object": {"key": key, "size": len(body), "eTag": f"etag-of-{key}"},
                },
            }
            for key in encoded_keys
        ]
    }
