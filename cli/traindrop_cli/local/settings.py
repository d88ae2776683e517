"""How a local AWS is started, and the environment variables that MiniStack reads for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ACCOUNT = "000000000000"
REGION = "us-east-1"
LOOPBACK = "127.0.0.1"
ACCESS_KEY = SECRET_KEY = "test"  # noqa: S105 - no secret: the root of the local account


@dataclass(frozen=True)
class LocalSettings:
    """Everything that can be chosen about a local AWS.

    `host` is the address that it listens on. Whoever reaches it may run programs here, so it has to be one that only
    this machine has, such as that of Docker's bridge. `port` 0 takes a free one. `state_dir` keeps buckets, tables,
    functions and jobs over a restart; without it all is forgotten. `retry_seconds`: the first wait before a failed
    asynchronous invocation is repeated (60 in AWS, doubled each time). `concurrent_invocations`: how many environments
    a function has at the most; further events wait in its queue. `enforce_iam`: check every call against the caller's
    policies. The rest is described in `traindrop_cli.local.sagemaker.surroundings.Settings`. `calls_file` gets the
    number of AWS calls by caller, service and operation when the local AWS ends (`traindrop_cli.local.calls`).
    `grants_file` gets each permission of a role that has allowed a request, as soon as it has
    (`traindrop_cli.local.grants`).
    """

    host: str = LOOPBACK
    port: int = 0
    state_dir: Path | None = None
    enforce_iam: bool = True
    retry_seconds: float = 1.0
    concurrent_invocations: int = 2
    quotas: Mapping[str, int] = field(default_factory=dict)
    concurrent_jobs: int = 2
    event_copies: int = 2
    stop_grace: float = 10.0
    log_level: str = "WARNING"
    calls_file: Path | None = None
    grants_file: Path | None = None


def ministack_environment(settings: LocalSettings, port: int) -> dict[str, str]:
    """The variables that have to be set before MiniStack is imported; handlers inherit them too."""
    environment = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": settings.host,
        "AUTH": "true" if settings.enforce_iam else "false",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        # The person's own profiles and instance roles are none of a local AWS's business.
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "MINISTACK_HOST": settings.host,
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(settings.retry_seconds),
        "LOG_LEVEL": settings.log_level,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",  # it would look for containers to tidy away
        "NO_PROXY": f"{settings.host},{LOOPBACK},localhost",
        "no_proxy": f"{settings.host},{LOOPBACK},localhost",
    }
    if settings.state_dir is not None:
        root = settings.state_dir.resolve()
        environment |= {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(root / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(root / "s3"),
        }
    return environment


def without_foreign_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what would change the local AWS, or lend its handlers the person's credentials."""
    foreign = ("AWS_", "MINISTACK_", "LOCALSTACK_", "LAMBDA_", "S3_", "SFTP_", "IOT_")
    exact = {"SERVICES", "EDGE_PORT", "GATEWAY_PORT", "PERSIST_STATE", "STATE_DIR", "USE_SSL", "AUTH", "LOG_LEVEL"}
    return {key: value for key, value in environment.items() if not key.startswith(foreign) and key not in exact}
