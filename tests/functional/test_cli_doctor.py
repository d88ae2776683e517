"""`traindrop doctor`: what is right, what is wrong with how to mend it, and what nobody may ask."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from tests.builders import client_error
from tests.functional.conftest import BUCKET, TABLE, Account
from tests.functional.test_cli_commands import Traindrop, traindrop, up

from traindrop_cli.checkup import Checked, NotKnown, State, Wrong, checked
from traindrop_cli.permission_checkup import permission_checks
from traindrop_cli.quota_checkup import judged, quota_found
from traindrop_cli.stack import Stack
from traindrop_cli.stack_checkup import checks_of, status_of

__all__ = ["traindrop", "up"]  # fixtures

pytestmark = pytest.mark.xdist_group("cli")

USER = "arn:aws:iam::123456789012:user/ada"
SESSION = "arn:aws:sts::123456789012:assumed-role/Researcher/ada"


def test_of_a_local_aws_that_works_everything_is_ok(up: Traindrop) -> None:
    done = up("doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert [each["check"] for each in found] == [
        "region", "credentials", "stack", "bucket versions", "bucket events", "ledger", "dead letters",
    ]  # fmt: skip
    assert {each["state"] for each in found} == {"ok"}
    lines = up("doctor").stdout.splitlines()
    assert len(lines) == len(found)
    assert all(line.startswith("ok ") for line in lines)


def test_where_no_aws_can_be_asked_it_says_how_to_get_one_and_asks_no_further(traindrop: Traindrop) -> None:
    done = traindrop("doctor")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("wrong   region")
    assert "traindrop local up" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 of 1 need mending."
    assert "Traceback" not in done.stderr


def stack(queue: str | None = None) -> Stack:
    return Stack("traindrop", BUCKET, TABLE, None, queue)


def by_name(found: Iterator[Checked]) -> dict[str, Checked]:
    return {each.name: each for each in found}


@pytest.fixture
def queue(account: Account) -> str:
    """The URL of an empty queue."""
    del account
    return boto3.client("sqs").create_queue(QueueName="dead")["QueueUrl"]


def test_a_bucket_that_tells_nobody_and_keeps_no_versions_is_wrong_twice(queue: str) -> None:
    boto3.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    found = by_name(checks_of(stack(queue)))
    assert found["bucket versions"].state is found["bucket events"].state is State.WRONG
    assert "aws s3api put-bucket-versioning" in found["bucket versions"].text
    assert "put-bucket-notification-configuration" in found["bucket events"].text
    assert found["ledger"].state is State.OK


def test_dead_letters_are_counted_with_the_command_that_lists_them(queue: str) -> None:
    for _ in range(2):
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody="{}")
    found = by_name(checks_of(stack(queue)))["dead letters"]
    assert found.state is State.WRONG
    assert found.text.startswith("2 events wait")
    assert "traindrop redrive --dry-run" in found.text


def test_a_table_and_a_bucket_that_are_gone_are_named_by_awss_own_words(queue: str) -> None:
    found = by_name(checks_of(Stack("traindrop", "no-such-bucket", "no-such-table", None, queue)))
    assert [found[name].state for name in ("bucket versions", "bucket events", "ledger")] == [State.WRONG] * 3
    assert "NoSuchBucket" in found["bucket versions"].text


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("AccessDenied", State.UNKNOWN),
        ("AccessDeniedException", State.UNKNOWN),
        ("AuthorizationError", State.UNKNOWN),
        ("ExpiredToken", State.WRONG),
    ],
)
def test_what_may_not_be_asked_is_not_known_and_so_not_wrong(code: str, state: State) -> None:
    def ask() -> str:
        raise client_error("DescribeTable", code, "no")

    assert checked("ledger", ask).state is state


Stub = Callable[[str], Stubber]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """Gives a service whose answers a test lists in their order: moto does not have those calls."""
    make: Any = boto3.client
    nobody = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    clients: dict[str, Any] = {}
    monkeypatch.setattr(boto3, "client", lambda name: clients[name])
    with ExitStack() as stubbers:

        def stub(name: str) -> Stubber:
            clients[name] = make(name, **nobody)
            return stubbers.enter_context(Stubber(clients[name]))

        yield stub


@pytest.fixture
def iam(stub: Stub) -> Iterator[Stubber]:
    found = stub("iam")
    yield found
    found.assert_no_pending_responses()


def simulated(iam: Stubber, decision: str, *, times: int, source: str = USER, **more: Any) -> None:
    for _ in range(times):
        result = {"EvalActionName": "s3:PutObject", "EvalDecision": decision, **more}
        iam.add_response(
            "simulate_principal_policy",
            {"EvaluationResults": [result]},
            {"PolicySourceArn": source, "ActionNames": ANY, "ResourceArns": ANY},
        )


def test_what_the_person_may_not_do_is_wrong_with_action_and_resource(iam: Stubber) -> None:
    simulated(iam, "implicitDeny", times=1)
    simulated(iam, "allowed", times=6)
    first, *others = permission_checks(stack(), USER, "us-east-1")
    assert (first.name, first.state) == ("may drop", State.WRONG)
    assert f"s3:PutObject on arn:aws:s3:::{BUCKET}/datasets/" in first.text
    assert USER in first.text
    assert [each.state for each in others] == [State.OK] * 6


def test_a_session_of_a_role_is_judged_by_the_role_with_its_path(iam: Stubber) -> None:
    role = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/Researcher"
    document = {"Path": "/", "RoleName": "Researcher", "RoleId": "AROA0123456789ABCDEF", "Arn": role}
    for _ in range(7):
        iam.add_response(
            "get_role", {"Role": {**document, "CreateDate": "2026-11-12T00:00:00Z"}}, {"RoleName": "Researcher"}
        )
        simulated(iam, "allowed", times=1, source=role)
    assert {each.state for each in permission_checks(stack(), SESSION, "us-east-1")} == {State.OK}


def test_where_iam_does_not_tell_or_only_the_call_itself_can_it_is_not_known(iam: Stubber) -> None:
    simulated(iam, "implicitDeny", times=1, MissingContextValues=["aws:SourceVpce"])
    for _ in range(6):
        iam.add_client_error("simulate_principal_policy", "AccessDenied", "not authorized to perform iam:Simulate…")
    assert {each.state for each in permission_checks(stack(), USER, "us-east-1")} == {State.UNKNOWN}


def test_the_root_user_is_asked_nothing() -> None:
    root = "arn:aws:iam::123456789012:root"
    assert {each.state for each in permission_checks(stack(), root, "us-east-1")} == {State.OK}


def test_a_quota_below_what_the_stack_launches_at_once_is_told_and_one_of_0_is_wrong() -> None:
    assert judged({"ml.m5.large": 20.0, "ml.p3.2xlarge": 0.0}, 10) == "20 × ml.m5.large; MaxConcurrentJobs is 10"
    assert "further runs on ml.m5.large wait in the line" in judged({"ml.m5.large": 2.0}, 10)
    with pytest.raises(Wrong, match=r"the account's quota is 0.*'ml.m5.large for training job usage'"):
        judged({"ml.m5.large": 0.0, "ml.m5.xlarge": 4.0}, 10)
    with pytest.raises(NotKnown, match="tells none"):
        judged({"ml.p3.2xlarge": 1.0}, 10)


def described(stub: Stub, status: str) -> None:
    """CloudFormation knows of one stack, and is asked once."""
    found = {"StackName": "traindrop", "CreationTime": "2026-11-12T00:00:00Z", "StackStatus": status}
    parameters = [{"ParameterKey": "MaxConcurrentJobs", "ParameterValue": "3"}]
    answer = {"Stacks": [{**found, "Parameters": parameters}]}
    stub("cloudformation").add_response("describe_stacks", answer, {"StackName": "traindrop"})


def test_quotas_are_read_on_every_page_and_held_against_the_stacks_parameter(stub: Stub) -> None:
    described(stub, "CREATE_COMPLETE")
    quotas = stub("service-quotas")
    pages = [("ml.m5.large for endpoint usage", 9.0), ("ml.m5.large for training job usage", 4.0)]
    for number, (name, value) in enumerate(pages):
        asked = {"ServiceCode": "sagemaker"} | ({"NextToken": "more"} if number else {})
        more = {} if number else {"NextToken": "more"}
        quotas.add_response("list_service_quotas", {"Quotas": [{"QuotaName": name, "Value": value}], **more}, asked)
    assert quota_found(stack()) == "4 × ml.m5.large; MaxConcurrentJobs is 3"


@pytest.mark.parametrize(
    ("status", "state", "says"),
    [
        ("UPDATE_COMPLETE", State.OK, "traindrop, UPDATE_COMPLETE"),
        ("UPDATE_IN_PROGRESS", State.OK, "traindrop, UPDATE_IN_PROGRESS"),
        ("UPDATE_ROLLBACK_COMPLETE", State.OK, "the version before it works on"),
        ("ROLLBACK_COMPLETE", State.WRONG, "deploy it again"),
        ("UPDATE_ROLLBACK_FAILED", State.WRONG, "deploy it again"),
        ("DELETE_IN_PROGRESS", State.WRONG, "deploy it again"),
    ],
)
def test_a_stack_whose_deployment_failed_is_wrong(stub: Stub, status: str, state: State, says: str) -> None:
    described(stub, status)
    found = checked("stack", lambda: status_of("traindrop"))
    assert found.state is state
    assert says in found.text
