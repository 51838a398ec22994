"""`instrument()` alone gives whole, rightly nested traces of the OpenAI SDK, LangGraph and OpenAI Agents."""

from __future__ import annotations

import httpx
from running import Running

from instrumented.provider import ANSWER, CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Provider
from instrumented.running_programs import HERE, Json, only_trace, run, traces, tree


def program(name: str, service: Running, provider: Provider) -> str:
    return run([str(HERE / "programs" / name)], service, provider.url)


def usage(trace: Json) -> tuple[int, int, int]:
    return trace["usage"]["input"], trace["usage"]["cache_read"], trace["usage"]["output"]


def calls(count: int) -> tuple[int, int, int]:
    return count * INPUT_TOKENS, count * CACHED_TOKENS, count * OUTPUT_TOKENS


def test_the_openai_sdk(service: Running, api: httpx.Client, provider: Provider) -> None:
    assert program("openai_sdk.py", service, provider) == f"{ANSWER}\n"
    trace = only_trace(api)
    assert tree(api, trace) == [
        ("answer", [
            ("ChatCompletion", []), ("forecast", []), ("ChatCompletion", []), ("Response", []), ("CreateEmbeddings", []),
        ]),
    ]  # fmt: skip
    embedded = 5
    in_all, cached, out = calls(3)
    assert (trace["status"], usage(trace)) == ("ok", (in_all + embedded, cached, out))
    assert len(provider.requests) == 4
    assert_what_was_said_is_there(api, trace)


def assert_what_was_said_is_there(api: httpx.Client, trace: Json) -> None:
    first, second = (
        api.get(f"/api/traces/{trace['trace_id']}/spans/{span['span_id']}").json()
        for span in api.get(f"/api/traces/{trace['trace_id']}").json()["spans"]
        if span["name"] == "ChatCompletion"
    )
    (asked,) = (
        part
        for message in first["output_messages"]
        for part in message["parts"]
        if part["type"] == "tool_call"
    )
    assert (asked["name"], asked["id"]) == ("forecast", "call_1")
    assert [message["role"] for message in second["input_messages"]] == ["user", "assistant", "tool"]
    assert second["output_messages"][0]["parts"][0]["content"] == ANSWER, "put together from the stream"


AGENT = [
    ("model", [("ask", [("ChatOpenAI", [("ChatCompletion", [])])]), ("tools_condition", [])]),
    ("tools", [("forecast", [("station", [])])]),
    ("model", [("ask", [("ChatOpenAI", [("ChatCompletion", [])])]), ("tools_condition", [])]),
]


def test_langgraph(service: Running, api: httpx.Client, provider: Provider) -> None:
    """Each call is reported by LangChain and by the OpenAI SDK; one is the child of the other, and counts once."""
    assert program("langgraph_agent.py", service, provider) == f"{ANSWER}\n{ANSWER}\n{ANSWER}\n"
    by_name = {
        trace["name"]: trace
        for trace in traces(api, lambda found: len(found) == 3 and all(t["status"] == "ok" for t in found))
    }
    for name in ("sync", "async", "stream"):
        trace = by_name[name]
        assert tree(api, trace) == [(name, AGENT)]
        assert usage(trace) == calls(2)
        assert (trace["session_id"], trace["user_id"]) == ("chat-7", "alice")


def test_openai_agents(service: Running, api: httpx.Client, provider: Provider) -> None:
    assert program("openai_agents.py", service, provider) == f"{ANSWER}\n"
    trace = only_trace(api)
    model = ("response", [("Response", [])])
    assert tree(api, trace) == [
        ("request", [
            ("Agent workflow", [
                ("Agent workflow", [
                    ("weather", [("turn", [model, ("forecast", [("station", [])])]), ("turn", [model])]),
                ]),
            ]),
        ]),
    ]  # fmt: skip
    assert (trace["status"], usage(trace)) == ("ok", calls(2))


def test_openai_agents_by_their_own_exporter(service: Running, api: httpx.Client, provider: Provider) -> None:
    assert program("openai_agents_export.py", service, provider) == f"{ANSWER}\n"
    trace = only_trace(api)
    assert trace["name"] == "Umbrella"
    assert tree(api, trace) == [
        ("task", [("weather", [("turn", [("generation", []), ("forecast", [])]), ("turn", [("generation", [])])])]),
    ]  # fmt: skip
    assert (trace["status"], usage(trace)) == ("ok", calls(2))
    assert (trace["session_id"], trace["user_id"]) == ("chat-7", "ada")
    call = [
        span for span in api.get(f"/api/traces/{trace['trace_id']}").json()["spans"] if span["kind"] == "llm"
    ][-1]
    said = api.get(f"/api/traces/{trace['trace_id']}/spans/{call['span_id']}").json()
    assert [message["role"] for message in said["input_messages"]] == ["user", "assistant", "tool"]
    assert said["output_messages"][0]["parts"][0]["content"] == ANSWER
