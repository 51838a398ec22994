"""DynamoDB from the command line: the table is created once, and DynamoDB Local runs beside the Tracer API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from app_helpers import packaged_reader
from click import ClickException
from click.testing import CliRunner, Result
from dynamodb_tables import DynamoDBLocal, client_of
from llm_tracer.model.span import SpanData
from llm_tracer_service.cli import dynamodb as dynamodb_commands
from llm_tracer_service.cli import main
from llm_tracer_service.cli.dynamodb import local_store
from llm_tracer_service.settings import read_settings
from llm_tracer_service.store import open_store
from llm_tracer_service.store.dynamodb import table

START = 1_790_000_000_000_000_000


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["store", *arguments], env={"TRACER_STORE": ""})


def test_a_table_is_made_once_with_all_it_needs(dynamodb: DynamoDBLocal) -> None:
    url = f"dynamodb:made-by-hand?endpoint={dynamodb.endpoint}"
    refused = run("info", "--store", url)
    assert refused.exit_code == 1
    assert "There is no table 'made-by-hand'" in refused.output
    assert "llm-tracer store create" in refused.output
    assert run("create", "--store", url, "--shards", "3").output == "The table is ready.\n"
    assert "already exists" in run("create", "--store", url).output
    assert "3 shards; that cannot be changed" in run("create", "--store", url, "--shards", "2").output
    client = client_of(dynamodb, "made-by-hand")
    assert client.call("DescribeTimeToLive", {})["TimeToLiveDescription"]["AttributeName"] == "ttl"
    assert table.shards_of(client) == 3
    assert run("info", "--store", url).exit_code == 0
    assert "Sound" in run("verify", "--store", url).output
    client.call("DeleteTable", {})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("dynamodb:", "names no table"),
        ("dynamodb:t?regoin=x", "unknown option 'regoin'"),
        ("dynamodb:t?endpoint=localhost:8000", "endpoint is a URL such as http://localhost:8000"),
        ("dynamodb:t?retention_days=ever", "retention_days is a number of days"),
    ],
)
def test_what_names_no_table_is_refused(url: str, said: str) -> None:
    result = run("create", "--store", url)
    assert result.exit_code == 1
    assert said in result.output


def test_a_port_that_is_taken_is_said(
    tmp_path: Path, dynamodb: DynamoDBLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb_commands, "LOCAL_PORT", dynamodb.port)
    monkeypatch.setattr(dynamodb_commands, "data_dir", lambda: tmp_path)
    with (
        pytest.raises(ClickException, match=f"Port {dynamodb.port} is in use"),
        local_store(replace(read_settings({}), store="dynamodb-local")),
    ):
        pass


def test_other_stores_make_themselves() -> None:
    result = run("create", "--store", "sqlite:/x/y.db")
    assert (result.exit_code, result.output) == (0, "The store sqlite:/x/y.db needs no such step.\n")


def test_dynamodb_local_keeps_its_data_and_ends_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb_commands, "LOCAL_PORT", 0)
    monkeypatch.setattr(dynamodb_commands, "data_dir", lambda: tmp_path)
    settings = replace(read_settings({}), store="dynamodb-local")
    span = SpanData("a" * 32, "b" * 16, "work", START, START + 1)
    for is_first in (True, False):
        with local_store(settings) as local:
            store = open_store(local.store, packaged_reader())
            if is_first:
                store.write("dev", [span])
            assert store.get_span("dev", span.trace_id, span.span_id) == span
            store.close()
    other = replace(settings, store="memory:")
    with local_store(other) as unchanged:
        assert unchanged is other
