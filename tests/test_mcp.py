"""`llm-tracer mcp`, spoken to by the official client library: over standard input and output, and over HTTP."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from running import COMMAND, Running, free_port, start
from waiting import PATIENCE_S, http, until

START = 1_795_435_200_000_000_000
TRACE = "5b8efff798038103d269b633813fc60c"
FAILED = f"{1_234:016x}"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Tracer API with one trace of 2,000 spans, one of which is a tool that failed."""
    folder, port = tmp_path_factory.mktemp("mcp"), free_port()
    arguments = [COMMAND, "serve", "--port", str(port), "--store", f"sqlite:{folder / 'traces.db'}"]
    running = start(arguments, f"http://127.0.0.1:{port}", folder / "log")
    spans = [
        {
            "trace_id": TRACE,
            "span_id": f"{number:016x}",
            "parent_span_id": f"{1:016x}" if number > 1 else None,
            "name": "crawler" if number == 1 else "fetch" if number % 2 == 0 else "chat",
            "kind": "agent" if number == 1 else "tool" if number % 2 == 0 else "llm",
            "start_time_unix_nano": START + number * 1_000_000,
            "end_time_unix_nano": START + number * 1_000_000 + 900_000,
            "attributes": {"input.value": f"page {number}"},
            "status": {"code": "error", "message": "ConnectTimeout"} if f"{number:016x}" == FAILED else None,
        }
        for number in range(1, 2_001)
    ]
    answer = http.post(f"{running.url}/api/spans", json={"spans": spans})
    assert answer.json() == {"accepted": 2_000, "rejected": []}
    yield running
    running.terminate()


async def told(client: Client, tool: str, **arguments: object) -> str:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer
    return "".join(part.text for part in answer.content if part.type == "text")


async def find_the_failing_call(client: Client) -> None:
    """Three questions, each made of what the one before was answered."""
    found = await told(client, "search_traces", query="{kind:tool status:error}")
    (trace_id,) = re.findall(r"^trace (\w{32})", found, re.MULTILINE)
    outline = await told(client, "trace_outline", trace_id=trace_id)
    (span_id,) = re.findall(r"^failed: tool fetch  span (\w{16})", outline, re.MULTILINE)
    span = await told(client, "read_span", trace_id=trace_id, span_id=span_id)
    assert (trace_id, span_id) == (TRACE, FAILED)
    assert "ConnectTimeout" in span
    assert "page 1234" in span
    assert max(map(len, (found, outline, span))) < 13_000


async def check_the_tools(client: Client) -> None:
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(listed) == {
        "search_traces", "search_spans", "trace_outline", "read_span", "find_in_trace", "compare", "stats", "errors",
        "sessions",
    }  # fmt: skip
    for tool in listed.values():
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert all(field.get("description") for field in tool.input_schema["properties"].values())
        assert tool.input_schema["additionalProperties"] is False


async def check_a_refusal(client: Client) -> None:
    answer = await client.call_tool("search_traces", {"query": "dur>x"})
    assert answer.is_error
    assert "The query is invalid at character 5" in json.dumps(answer.model_dump(mode="json"))
    answer = await client.call_tool("search_traces", {"q": "status:error"})
    assert answer.is_error
    assert "q\\n  Extra inputs are not permitted" in json.dumps(answer.model_dump(mode="json"))


async def check_the_others(client: Client) -> None:
    assert "ConnectTimeout" in await told(client, "errors")
    assert "1 trace," in await told(client, "stats", by="kind")
    assert "do not differ" in await told(client, "compare", a=TRACE, b=TRACE)
    assert f"span {0x4D2:016x}" in await told(client, "find_in_trace", trace_id=TRACE, text="page 1234")
    assert f"trace {TRACE}" in await told(client, "search_spans", query="span.status:error")
    assert await told(client, "sessions") == "No session matches."


async def check_all(client: Client) -> None:
    await check_the_tools(client)
    await find_the_failing_call(client)
    await check_a_refusal(client)
    await check_the_others(client)


@pytest.mark.asyncio
async def test_over_standard_input_and_output(api: Running) -> None:
    async with Client(StdioServerParameters(command=COMMAND, args=["mcp", "--url", api.url])) as client:
        await check_all(client)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.asyncio
async def test_over_http(api: Running, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    listening = subprocess.Popen(
        [COMMAND, "mcp", "--http", "--port", str(port), "--url", api.url],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert listening.stderr is not None
        assert listening.stderr.readline() == f"Listening at {url}/mcp for the traces of {api.url}.\n"
        until(lambda: is_listening(port))
        async with Client(f"{url}/mcp") as client:
            await check_all(client)
    finally:
        listening.terminate()
        listening.communicate(timeout=PATIENCE_S)


@pytest.mark.asyncio
async def test_a_tracer_api_that_does_not_answer_is_told_to_the_agent() -> None:
    parameters = StdioServerParameters(command=COMMAND, args=["mcp", "--url", "http://127.0.0.1:9"])
    async with Client(parameters) as client:
        answer = await client.call_tool("stats", {})
        assert answer.is_error
        assert "No Tracer API answers at http://127.0.0.1:9" in json.dumps(answer.model_dump(mode="json"))


def test_without_the_sdk_it_says_how_to_install_it(tmp_path: Path) -> None:
    program = "import sys; sys.modules['mcp'] = None; from llm_tracer_service.cli import main; main(['mcp'])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "Install it: pip install 'llm-tracer-service[mcp]'." in ended.stderr
