"""The table in memory answers as moto's DynamoDB does: every call of real schedules, put to both."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto import mock_aws
from tests.contract.template import resources
from tests.simulation import schedule
from tests.simulation.account import TABLE
from tests.simulation.expressions import condition, stored
from tests.simulation.faults import Rates
from tests.simulation.outcome import play_seed
from tests.simulation.table import Table

Call = tuple[str, dict[str, Any], Any]


def recorded(monkeypatch: pytest.MonkeyPatch, seed: int) -> list[Call]:
    """The calls of a schedule whose indexes are never behind, with what the table answered."""
    calls: list[Call] = []
    answer = Table.call

    def recording(self: Table, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        given_then = deepcopy(given)
        try:
            found = answer(self, operation, given)
        except ClientError as error:
            calls.append((operation, given_then, error.response["Error"]["Code"]))
            raise
        calls.append((operation, given_then, deepcopy(found)))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Table, "call", recording)
        patch.setattr(schedule, "draw_rates", lambda _rng: Rates(crash=0.02, error=0.02, duplicate=0.3, late=0.3))
        play_seed(seed)
    return calls


def create_table() -> Any:
    (properties,) = resources("AWS::DynamoDB::Table").values()
    wanted = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
    resource: Any = boto3.resource("dynamodb")
    resource.create_table(TableName=TABLE, **{name: properties[name] for name in wanted})
    return resource.meta.client


@pytest.mark.parametrize("seed", [1, 3, 19])
def test_every_call_of_a_schedule_is_answered_as_moto_answers_it(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    calls = recorded(monkeypatch, seed)[:800]
    assert {operation for operation, _, _ in calls} >= {"GetItem", "UpdateItem", "Query", "TransactWriteItems"}
    refused = 0
    with mock_aws():
        client = create_table()
        for operation, given, answered in calls:
            if isinstance(answered, str):
                with pytest.raises(ClientError) as caught:
                    getattr(client, xform_name(operation))(**given)
                assert caught.value.response["Error"]["Code"] == answered
                refused += 1
                continue
            found = getattr(client, xform_name(operation))(**given)
            for part in ("Item", "Items", "Attributes"):
                assert found.get(part) == answered.get(part), (operation, given)
    assert refused > 0


def test_an_expression_that_is_not_known_is_an_error_and_not_a_guess() -> None:
    for text in ("attribute_type(a, :a)", "a BETWEEN :a AND :b", "a = :a )"):
        with pytest.raises((NotImplementedError, KeyError)):
            condition(text)


def test_what_boto3_refuses_to_write_is_refused() -> None:
    assert stored({"a": 1, "b": [{"c"}]}) == {"a": Decimal(1), "b": [{"c"}]}
    for value in (0.5, set(), object()):
        with pytest.raises(TypeError):
            stored(value)
