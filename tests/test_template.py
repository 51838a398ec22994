"""The template for AWS: its table is that of `llm-tracer store create`, and the function works on it with its role alone."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml
from lambda_runtime import (
    KEY,
    Runtime,
    an_export,
    body_of,
    function,
    request,
    through_api_gateway,
    trace_id,
)
from llm_tracer_service.cli.dynamodb_local import DynamoDBLocal
from llm_tracer_service.settings import cache_dir
from llm_tracer_service.store.dynamodb import table
from llm_tracer_service.store.dynamodb.client import LIST_INDEX, Client
from llm_tracer_service.store.dynamodb.opening import parse_location
from restricted_dynamodb import CREDENTIALS, restricted

HERE = Path(__file__).resolve().parent.parent
STORE = HERE / "service" / "llm_tracer_service" / "store" / "dynamodb"
TEMPLATE = HERE / "deploy" / "aws" / "template.yaml"
NAME = "Traces"
LONG = random.Random(7).randbytes(400_000).hex()
"""Text that takes more than one item, however it is packed."""

BY_CLOUDFORMATION = ("TimeToLiveSpecification", "PointInTimeRecoverySpecification", "SSESpecification")
"""Properties that it sets by requests of their own after CreateTable, or spells otherwise."""


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """The template, its short functions written out (`{"Ref": …}`)."""
    return json.loads(json.dumps(cfn_yaml.load(str(TEMPLATE))))


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDBLocal]:
    server = DynamoDBLocal(cache_dir() / "dynamodb-local")
    yield server
    server.stop()


@pytest.fixture
def made(dynamodb: DynamoDBLocal, template: dict[str, Any]) -> Iterator[Client]:
    """A client of the table as CloudFormation makes it of the template."""
    client = client_of(dynamodb, NAME)
    wanted = template["Resources"]["Traces"]["Properties"]
    client.call("CreateTable", {name: wanted[name] for name in wanted.keys() - set(BY_CLOUDFORMATION)})
    client.call("UpdateTimeToLive", {name: wanted[name] for name in ("TimeToLiveSpecification",)})
    yield client
    client.call("DeleteTable", {})


@pytest.fixture
def actions(template: dict[str, Any]) -> set[str]:
    """What the role of the function may do."""
    (policy,) = template["Resources"]["Api"]["Properties"]["Policies"]
    (statement,) = policy["Statement"]
    assert statement["Resource"] == [
        {"Fn::GetAtt": ["Traces", "Arn"]},
        {"Fn::Sub": f"${{Traces.Arn}}/index/{LIST_INDEX}"},
    ]
    return set(statement["Action"])


def client_of(server: DynamoDBLocal, name: str) -> Client:
    return parse_location(f"{name}?endpoint={server.endpoint}").client()


def description(client: Client) -> dict[str, Any]:
    """What a table is, without what differs from one to the next."""
    found = client.call("DescribeTable", {})["Table"]
    return {
        "keys": found["KeySchema"],
        "attributes": sorted(found["AttributeDefinitions"], key=lambda each: each["AttributeName"]),
        "billing": found["BillingModeSummary"]["BillingMode"],
        "indexes": [
            {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
            for index in found["GlobalSecondaryIndexes"]
        ],
        "ttl": client.call("DescribeTimeToLive", {})["TimeToLiveDescription"],
    }


def variables(template: dict[str, Any], endpoint: str) -> dict[str, str]:
    """The environment of the function, with the store at another endpoint than AWS's."""
    given = template["Resources"]["Api"]["Properties"]["Environment"]["Variables"]
    days = str(template["Parameters"]["RetentionDays"]["Default"])
    store = given["TRACER_STORE"]["Fn::Sub"].replace("${Traces}", NAME).replace("${RetentionDays}", days)
    assert "${" not in store
    assert given["TRACER_RETENTION_DAYS"] == {"Ref": "RetentionDays"}
    return {
        "TRACER_STORE": f"{store}&endpoint={endpoint}", "TRACER_RETENTION_DAYS": days, "TRACER_API_KEYS": KEY, **CREDENTIALS,
    }  # fmt: skip


def answer(runtime: Runtime, event: Any) -> Any:
    answered = runtime.call(event)
    assert answered["statusCode"] in (200, 204), answered
    body = body_of(answered)
    return json.loads(body) if body else None


def test_cfn_lint_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, TEMPLATE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_table_is_that_of_store_create(dynamodb: DynamoDBLocal, made: Client) -> None:
    url = f"dynamodb:by-command?endpoint={dynamodb.endpoint}"
    command = Path(sys.executable).with_name("llm-tracer")
    subprocess.run([command, "store", "create", "--store", url], check=True)
    assert description(made) == description(client_of(dynamodb, "by-command"))


def test_the_table_is_safe_and_stays(template: dict[str, Any]) -> None:
    traces = template["Resources"]["Traces"]
    assert (traces["DeletionPolicy"], traces["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert traces["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert traces["Properties"]["SSESpecification"] == {"SSEEnabled": True}


def test_the_role_has_what_the_store_asks_for_and_no_more(actions: set[str]) -> None:
    source = "".join(path.read_text() for path in STORE.glob("*.py"))
    operations = set(re.findall(r'\bcall\(\s*"(\w+)"', source))
    assert actions == {
        f"dynamodb:{each}" for each in operations - {"CreateTable", "DescribeTimeToLive", "UpdateTimeToLive"}
    }


def test_store_create_finds_the_table_as_it_should_be(made: Client) -> None:
    assert table.create(made) is False
    assert table.shards_of(made) == 1


def test_the_zip_works_on_the_table_with_the_role_and_without_botocore(
    lambda_zip: Path, lambda_folder: Path, dynamodb: DynamoDBLocal, made: Client, template: dict[str, Any], actions: set[str]
) -> None:  # fmt: skip
    assert not [name for name in zipfile.ZipFile(lambda_zip).namelist() if name.startswith("botocore")]
    with (
        restricted(dynamodb.endpoint, actions) as (endpoint, asked),
        function(lambda_folder, **variables(template, endpoint)) as runtime,
    ):
        protobuf = {"content_type": "application/x-protobuf"}
        answer(runtime, request("POST", "/v1/traces", body=an_export(1, f"by URL {LONG}"), **protobuf))
        answer(
            runtime,
            through_api_gateway(request("POST", "/v1/traces", body=an_export(2, "by gateway"), **protobuf)),
        )
        for handed_on in (dict, through_api_gateway, partial(through_api_gateway, stage="prod")):
            listed = answer(runtime, handed_on(request("GET", "/api/traces")))
            assert [each["trace_id"] for each in listed["traces"]] == [trace_id(1), trace_id(2)]
            for number, text in ((1, "by URL"), (2, "by gateway")):
                whole = answer(runtime, handed_on(request("GET", f"/api/traces/{trace_id(number)}")))
                assert text in json.dumps(whole)
            assert answer(runtime, handed_on(request("GET", "/api/stats")))["totals"]["traces"] == 2
            assert answer(runtime, handed_on(request("GET", "/health")))["status"] == "ok"
        found = answer(runtime, request("GET", "/api/traces", "q=gateway"))
        assert [each["trace_id"] for each in found["traces"]] == [trace_id(2)]
        assert answer(runtime, request("PUT", f"/api/traces/{trace_id(1)}/pin"))["pinned"] is True
        answer(runtime, request("DELETE", f"/api/traces/{trace_id(2)}"))
        assert runtime.call({"task": "maintain"}) == {"more": False}
        listed = answer(runtime, request("GET", "/api/traces"))
        assert [each["trace_id"] for each in listed["traces"]] == [trace_id(1)]
    assert {f"dynamodb:{each}" for each in asked} == actions
