"""The client: what it retries, what it refuses, and what it counts."""

from __future__ import annotations

import json
import random
import socket
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread

import botocore.session
import pytest
from botocore.retries.standard import ThrottledRetryableChecker
from dynamodb_tables import DynamoDBLocal, client_of, new_table
from llm_tracer.model.query import TraceQuery, Word
from llm_tracer_service.service.metrics import consumed_text
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreError, StoreUnavailable
from llm_tracer_service.store.dynamodb import client as client_module
from llm_tracer_service.store.dynamodb.client import READS, THROTTLED, WRITES, Client, Conflict
from llm_tracer_service.store.dynamodb.opening import parse_location
from llm_tracer_service.store.dynamodb.signing import Keys
from llm_tracer_service.store.dynamodb.transport import HttpTransport, Transport

from ..helpers import PlainReader, StillClock, make_span, trace_id
from .faults import THROTTLED as SLOW_DOWN
from .faults import Faults

LONG = random.Random(7).randbytes(400_000).hex()
"""Text that takes more than one item, however it is packed."""


@pytest.fixture
def table(dynamodb: DynamoDBLocal) -> Iterator[str]:
    with new_table(dynamodb) as url:
        yield url.removeprefix("dynamodb:").partition("?")[0]


def answering(status: int, kind: str) -> Client:
    body = json.dumps({"__type": f"x#{kind}", "message": "Said so."}).encode()
    return Client("traces", lambda operation, request: (status, body), pause=lambda seconds: None)


def test_batches_of_any_size_arrive_over_a_bad_line(dynamodb: DynamoDBLocal, table: str) -> None:
    faults: list[Faults] = []

    def through(transport: Transport) -> Transport:
        faults.append(Faults(transport, seed=7, share=8))
        return faults[-1]

    client = client_of(dynamodb, table, through)
    keys = [("x", f"{number:03}") for number in range(260)]
    client.put_many([{"pk": pk, "sk": sk, "b": b"\0\xff" * 30_000, "n": -1} for pk, sk in keys])
    found = client.get_many([*keys, ("x", "none")])
    assert set(found) == set(keys)
    assert found["x", "007"] == {"pk": "x", "sk": "007", "b": b"\0\xff" * 30_000, "n": -1}
    assert [item["sk"] for item in client.query("x", "100", "259", forward=False)] == [
        sk for _, sk in reversed(keys[100:])
    ]
    client.delete_many(keys)
    assert client.page("x").items == []
    assert faults[0].happened.total() > 10
    assert faults[0].happened["unprocessed"] > 0


def test_a_version_that_is_another_is_told_with_what_is_there(dynamodb: DynamoDBLocal, table: str) -> None:
    client = client_of(dynamodb, table)
    client.put_version({"pk": "x", "sk": "1", "v": 1, "said": "first"}, 0)
    for expected in (0, 2):
        with pytest.raises(Conflict) as conflict:
            client.put_version({"pk": "x", "sk": "1", "v": 3}, expected)
        assert conflict.value.item == {"pk": "x", "sk": "1", "v": 1, "said": "first"}
    client.put_version({"pk": "x", "sk": "1", "v": 2}, 1)
    with pytest.raises(Conflict):
        client.delete_version(("x", "1"), 1)
    client.delete_version(("x", "1"), 2)
    assert client.get(("x", "1"), consistent=True) is None
    client.set_ttl(("x", "1"), 5)
    assert client.get(("x", "1"), consistent=True) is None, "nothing is made by it"


@pytest.mark.parametrize(
    ("status", "kind", "error", "said"),
    [
        (400, "AccessDeniedException", StoreUnavailable, "refuses these credentials"),
        (400, "InvalidSignatureException", StoreUnavailable, "refuses these credentials"),
        (400, "ResourceNotFoundException", StoreUnavailable, "There is no table 'traces'"),
        (400, "SomethingNewException", StoreUnavailable, "refused the request: SomethingNewException"),
        (400, "ValidationException", StoreError, "refused the request: ValidationException: Said so."),
    ],
)
def test_what_no_retry_changes_is_said_at_once(
    status: int, kind: str, error: type[StoreError], said: str
) -> None:
    with pytest.raises(error, match=said.replace("(", "\\(")):
        answering(status, kind).get(("x", "1"))


def test_it_gives_up_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RETRY_S", 0.0)
    throttled = Client("traces", lambda operation, body: (400, SLOW_DOWN), pause=lambda seconds: None)
    with pytest.raises(StoreUnavailable, match="ProvisionedThroughputExceededException: Slow down"):
        throttled.get(("x", "1"))


def test_units_are_counted_as_they_are_billed(dynamodb: DynamoDBLocal, table: str) -> None:
    client = client_of(dynamodb, table)
    client.put({"pk": "x", "sk": "1", "b": b"\0" * 2_500})
    client.get(("x", "1"), consistent=True)
    client.get(("x", "1"))
    assert client.consumed_units() == {("PutItem", "write"): 3.0, ("GetItem", "read"): 1.5}
    assert consumed_text(client.consumed_units()).splitlines()[2:] == [
        'tracer_dynamodb_consumed_capacity_units_total{kind="read",operation="GetItem"} 1.500000',
        'tracer_dynamodb_consumed_capacity_units_total{kind="write",operation="PutItem"} 3.000000',
    ]
    assert consumed_text({}) == ""


def test_the_kinds_of_requests_are_those_that_a_store_sends(
    dynamodb: DynamoDBLocal, clock: StillClock
) -> None:
    with new_table(dynamodb) as url:
        store = open_store(f"{url}&retention_days=30", PlainReader(), clock, abandon_after_s=60)
        for number in (1, 2):
            store.write("p", [make_span(1, number, input=LONG)])
        assert store.find_traces("p", TraceQuery(Word("nowhere"))).traces == ()
        store.pin("p", trace_id(1))
        store.delete_traces("p", [trace_id(1)])
        kinds = defaultdict(set)
        for operation, kind in store.consumed_units():
            kinds[kind].add(operation)
        store.close()
    assert kinds == {"read": READS, "write": WRITES}


def test_throttling_is_what_aws_says_it_is() -> None:
    model = botocore.session.get_session().get_service_model("dynamodb")
    refusals = {error.name for sent in READS | WRITES for error in model.operation_model(sent).error_shapes}
    assert refusals.intersection(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) == THROTTLED


def test_keys_of_the_environment_need_no_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setitem(__import__("sys").modules, "botocore.session", None)
    assert parse_location("traces?region=eu-central-1").client().table == "traces"
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreError) as missing:
        parse_location("traces?region=eu-central-1").client()
    assert "llm-tracer-service[dynamodb]" in missing.value.hint


def test_a_profile_is_found_as_by_every_aws_program(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "credentials").write_text("[team]\naws_access_key_id = AK\naws_secret_access_key = SK\n")
    (tmp_path / "config").write_text("[profile team]\nregion = eu-west-1\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "team")
    transport = parse_location("traces").client()._transport
    assert transport._region == "eu-west-1"  # type: ignore[attr-defined]
    assert transport._keys().access_key == "AK"  # type: ignore[attr-defined]


def test_one_attempt_finds_out_that_kept_connections_are_dead() -> None:
    """As after a function was frozen: the server has ended all of them, and each next one would cost a pause."""
    count = 4
    at_once = Barrier(count)
    open_connections: list[socket.socket] = []

    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            open_connections.append(self.connection)
            if len(open_connections) <= count:
                at_once.wait(10)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    transport = HttpTransport(f"http://127.0.0.1:{server.server_port}", "r", lambda: Keys("a", "b"))
    with ThreadPoolExecutor(count) as threads:
        assert (
            list(threads.map(lambda _: transport("GetItem", b"{}"), range(count))) == [(200, b"{}")] * count
        )
    for connection in open_connections:
        connection.shutdown(socket.SHUT_RDWR)
    with pytest.raises(OSError, match=r"Error|Disconnected"):
        transport("GetItem", b"{}")
    assert transport("GetItem", b"{}") == (200, b"{}")
    server.shutdown()
    server.server_close()
    transport.close()
