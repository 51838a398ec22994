"""The roll-up, the status and the previews of a trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from llm_tracer.model.counting import sum_usage
from llm_tracer.model.place import placed
from llm_tracer.model.reading import Cost, Reading, Score, SpanError, Usage
from llm_tracer.model.row import SpanRow, row_of
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceCost, TraceError

from .building import START, TRACE_ID, any_rows, counted, figures, llm, nano, row, trace

# --- the roll-up ----------------------------------------------------------------------------------------------------


def total(built: Trace) -> int | None:
    return None if built.summary.usage is None else built.summary.usage.total


def test_a_call_that_wraps_a_call_counts_once() -> None:
    built = trace(llm("outer", usd=1.0), llm("inner", "outer", usd=1.0))
    assert counted(built) == ["inner"]
    assert built.summary.cost == TraceCost(1.0, complete=True)


def test_a_chain_that_repeats_the_usage_of_its_call_does_not_count() -> None:
    built = trace(row("ai.generateText", kind="chain", **figures(10)), llm("doGenerate", "ai.generateText"))
    assert counted(built) == ["doGenerate"]
    assert total(built) == 20


def test_a_wrapper_of_several_steps_counts_each_step() -> None:
    built = trace(llm("outer", tokens=30), llm("one", "outer", at=1), llm("two", "outer", tokens=20, at=2))
    assert counted(built) == ["one", "two"]
    assert total(built) == 60


@pytest.mark.parametrize("between", ["tool", "agent"])
def test_a_call_made_by_a_tool_or_agent_of_a_call_counts_beside_it(between: str) -> None:
    built = trace(llm("asks"), row("between", "asks", kind=between), llm("answers", "between"))
    assert counted(built) == ["asks", "answers"]
    assert total(built) == 40


def test_a_chain_between_two_calls_does_not_part_them() -> None:
    assert counted(trace(llm("outer"), row("step", "outer", kind="chain"), llm("inner", "step"))) == ["inner"]


def test_a_call_below_that_says_nothing_of_tokens_makes_no_wrapper() -> None:
    assert counted(trace(llm("outer"), llm("inner", "outer", tokens=None))) == ["outer"]
    assert counted(trace(llm("outer"), llm("inner", "outer", tokens=None, usd=1.0))) == ["outer", "inner"]


def test_the_sum_of_an_agent_is_not_counted_beside_its_calls() -> None:
    built = trace(row("agent", kind="agent", **figures(30)), llm("one", "agent"), llm("two", "agent", at=1))
    assert counted(built) == ["one", "two"]


def report(span_id: str, parent: str, tokens: int = 10, **facts: Any) -> SpanRow:
    """An event that says what a call beside it used."""
    return row(span_id, parent, kind="event", **figures(tokens), **facts)


def test_an_event_that_repeats_the_call_beside_it_does_not_count() -> None:
    built = trace(
        row("agent", kind="agent"),
        llm("one", "agent", at=1), report("usage of one", "agent", at=2),
        llm("two", "agent", at=3), report("usage of two", "agent", at=4),
    )  # fmt: skip
    assert counted(built) == ["one", "two"]
    assert [node.repeats for node in built.nodes if node.row.reading.kind == "event"] == ["one", "two"]


def test_an_event_counts_for_the_call_beside_it_that_says_nothing() -> None:
    built = trace(
        row("agent", kind="agent"),
        llm("streamed", "agent", tokens=None, at=1, request_model="a"),
        llm("other", "agent", tokens=7, at=1, request_model="b"),
        report("figures", "agent", tokens=20, at=2, request_model="a"),
    )  # fmt: skip
    assert (counted(built), total(built), built.summary.llm_calls) == (["other", "figures"], 54, 2)


def test_an_event_below_a_call_that_counts_repeats_it() -> None:
    built = trace(llm("call"), llm("request", "call", tokens=None, at=1), report("figures", "call", at=2))
    assert counted(built) == ["call"]
    assert built.nodes[2].repeats == "call"


def test_an_event_beside_no_call_of_its_own_does_not_count() -> None:
    built = trace(
        row("agent", kind="agent"), llm("call", "agent", at=1), report("sum", "agent", tokens=99, at=2)
    )
    assert counted(built) == ["call"]


def test_without_any_call_the_top_most_reporters_count() -> None:
    built = trace(
        row("root", kind="chain"),
        row("agent", "root", kind="agent", **figures(30)),
        row("step", "agent", kind="chain", **figures(10)),
        row("other", "root", at=1, kind="agent", **figures(5)),
    )
    assert counted(built) == ["agent", "other"]
    assert total(built) == 70


def test_embeddings_and_rerankers_are_calls_too() -> None:
    built = trace(
        row("e", kind="embedding", **figures(1)),
        row("r", kind="reranker", **figures(2)),
        row("x", kind="retriever", **figures(9)),
    )
    assert counted(built) == ["e", "r"]


def test_one_response_reported_twice_counts_once_by_the_fuller_report() -> None:
    bare = llm("bare", response_id="r1")
    priced = llm("priced", usd=0.5, response_id="r1", at=1)
    built = trace(row("root"), replace(bare, parent_span_id="root"), replace(priced, parent_span_id="root"))
    assert counted(built) == ["priced"]
    assert [node.repeats for node in built.nodes] == [None, "priced", None]
    assert built.summary.cost == TraceCost(0.5, complete=True)


def test_every_repetition_names_the_report_that_counts() -> None:
    built = trace(
        llm("a", response_id="r"), llm("b", response_id="r", at=1), llm("c", usd=1.0, response_id="r", at=2)
    )
    assert [node.repeats for node in built.nodes] == ["c", "c", None]


def test_reports_as_full_as_each_other_count_by_the_first() -> None:
    assert counted(trace(llm("second", response_id="r", at=1), llm("first", response_id="r"))) == ["first"]


def agent(span_id: str, parent: str | None, tokens: int, *flags: str) -> SpanRow:
    return row(span_id, parent, kind="agent", usage_flags=flags, **figures(tokens))


def test_an_agent_that_knows_all_steps_counts_in_the_place_of_a_call_that_knows_the_last() -> None:
    built = trace(
        agent("outer", None, 40, "all_steps"),
        llm("last step", "outer", tokens=30, usage_flags=("last_step",), at=1),
        row("tool", "outer", kind="tool", at=2),
        agent("inner", "tool", 15, "all_steps"),
        llm("its last step", "inner", tokens=9, usage_flags=("last_step",), at=3),
        llm("of another library", "tool", tokens=5, at=4),
    )
    assert counted(built) == ["outer", "inner", "of another library"]
    assert (total(built), built.summary.llm_calls) == (120, 3)


@pytest.mark.parametrize(
    ("tokens", "flags"), [(29, ("all_steps",)), (40, ())], ids=["says less", "not known to say all"]
)
def test_another_agent_does_not_stand_for_the_last_step(tokens: int, flags: tuple[str, ...]) -> None:
    built = trace(
        agent("agent", None, tokens, *flags), llm("call", "agent", tokens=30, usage_flags=("last_step",))
    )
    assert counted(built) == ["call"]


def test_calls_of_another_library_below_the_last_step_count_themselves() -> None:
    built = trace(
        agent("agent", None, 40, "all_steps"),
        llm("last step", "agent", tokens=30, usage_flags=("last_step",)),
        llm("one", "last step", tokens=10, at=1),
        llm("two", "last step", tokens=30, at=2),
    )
    assert counted(built) == ["one", "two"]


ASKED: dict[str, Any] = {"request_model": "gpt-4o", "input_preview": "Say hello"}


def test_a_call_that_framework_and_client_report_beside_each_other_counts_once_for_the_client() -> None:
    built = trace(
        row("flow", kind="chain", ms=20),
        llm("framework", "flow", at=1, ms=10, usd=0.5, **ASKED),
        llm("client", "flow", at=2, ms=8, response_id="r1", output_preview="Hello", **ASKED),
    )
    assert counted(built) == ["client"]
    assert built.nodes[1].repeats == "client"
    assert (total(built), built.summary.llm_calls) == (20, 1)


def test_as_many_calls_count_as_the_client_reports() -> None:
    asked = [llm(f"framework {n}", "flow", at=n, ms=10, **ASKED) for n in range(3)]
    sent = [llm(f"client {n}", "flow", at=n + 1, ms=8, response_id=f"r{n}", **ASKED) for n in range(3)]
    direct = llm("direct", "flow", at=1.5, ms=2, response_id="r9", **ASKED)
    built = trace(row("flow", kind="chain", ms=20), *asked, *sent, direct)
    assert sorted(counted(built)) == ["client 0", "client 1", "client 2", "direct"]


@pytest.mark.parametrize(
    ("framework", "client"),
    [
        ({"response_id": "r0"}, {}),  # both name their response: two
        ({}, {"response_id": None}),  # neither does
        ({}, {"at": 4}),  # ends after it
        ({}, {"at": 0.5}),  # began before it
        ({"ms": None}, {}),  # still open
        ({}, {"tokens": 11}),
        ({}, {"request_model": "gpt-4o-mini"}),
        ({}, {"input_preview": "Say goodbye"}),
        ({"output_preview": "Hello"}, {"output_preview": "Hi"}),
        ({}, {"parent": "other"}),
    ],
)
def test_calls_that_have_too_little_in_common_are_two(
    framework: dict[str, Any], client: dict[str, Any]
) -> None:
    given = {"parent": "flow", **ASKED}
    built = trace(
        row("flow", kind="chain", ms=20),
        row("other", kind="chain", ms=20),
        llm("framework", **{**given, "at": 1, "ms": 10, **framework}),
        llm("client", **{**given, "at": 2, "ms": 8, "response_id": "r1", **client}),
    )
    assert sorted(counted(built)) == ["client", "framework"]


@pytest.mark.parametrize("tokens", [10, None])
def test_a_framework_that_says_no_tokens_of_a_stream_repeats_its_client(tokens: int | None) -> None:
    built = trace(
        row("flow", kind="chain", ms=20),
        llm("framework", "flow", at=1, ms=10, tokens=None, **ASKED),
        llm("client", "flow", at=2, ms=8, tokens=tokens, response_id="r1", output_preview="Hello", **ASKED),
        llm("next", "flow", at=12, ms=5, tokens=None, **ASKED),
    )
    assert built.nodes[1].repeats == "client"
    assert built.summary.llm_calls == 2
    assert built.summary_without({"r1"}).llm_calls == 1


def test_a_framework_counts_where_the_client_counted_the_tokens_of_a_stream_itself() -> None:
    said: dict[str, Any] = {**ASKED, "output_preview": "Hello"}
    built = trace(
        row("flow", kind="chain", ms=20),
        llm("framework", "flow", at=1, ms=10, tokens=11, **said),
        llm("client", "flow", at=2, ms=8, tokens=2, response_id="r1", **said),
    )
    assert counted(built) == ["framework"]
    assert built.nodes[2].repeats == "framework"
    assert (total(built), built.summary.llm_calls) == (22, 1)


def test_calls_without_a_response_id_are_not_the_same_call() -> None:
    assert counted(trace(llm("a"), llm("b"))) == ["a", "b"]
    assert counted(trace(llm("a", response_id=""), llm("b", response_id=""))) == ["a", "b"]


def test_unknown_usage_and_cost_are_none_and_never_zero() -> None:
    summary = trace(row("root"), llm("call", "root", tokens=None)).summary
    assert summary.usage is None
    assert summary.cost is None


def test_a_cost_of_zero_is_known() -> None:
    assert trace(llm("local", usd=0.0)).summary.cost == TraceCost(0.0, complete=True)


def test_the_cost_is_incomplete_where_a_counted_call_has_no_price() -> None:
    assert trace(llm("a", usd=0.25), llm("b")).summary.cost == TraceCost(0.25, complete=False)
    assert trace(llm("outer"), llm("inner", "outer", usd=0.25)).summary.cost == TraceCost(0.25, complete=True)


def test_the_cost_does_not_depend_on_rounding() -> None:
    assert trace(*(llm(f"{n}", usd=0.1) for n in range(10))).summary.cost == TraceCost(1.0, complete=True)


def test_usage_is_summed_field_by_field_and_the_unreported_stays_unknown() -> None:
    both = [Usage(input=1, output=2, total=3, reasoning=1), Usage(input=10, total=10, cache_read=0)]
    assert sum_usage(both) == Usage(input=11, output=2, total=13, reasoning=1, cache_read=0)
    assert sum_usage([]) is None
    assert sum_usage([Usage(extra={"x": 1.0})]) == Usage()


@given(any_rows)
def test_what_is_counted_and_what_repeats_fit_together(rows: list[SpanRow]) -> None:
    nodes = trace(*rows).nodes
    counted_ids = {node.row.span_id for node in nodes if node.counted}
    for node in nodes:
        assert not (node.counted and node.repeats)
        assert node.repeats is None or node.repeats in counted_ids
        if node.counted:
            assert node.row.reading.usage is not None or node.row.reading.cost is not None


# --- status ---------------------------------------------------------------------------------------------------------

failed: dict[str, Any] = {"status": "error"}

STATUS = {
    "ok": [row("root")],
    "ok, with an error inside": [row("root"), row("child", "root", **failed)],
    "ok, with an open span inside": [row("root"), row("child", "root", ms=None)],
    "error": [row("root", **failed), row("child", "root")],
    "running": [row("root", ms=None), row("child", "root")],
    "running, although in error": [row("root", ms=None, **failed)],
    "ok, the later root does not decide": [row("root"), row("second", at=1, **failed)],
    "ok, orphans beside a root do not decide": [
        row("root", at=1),
        row("orphan", "missing", ms=None, **failed),
    ],
    "error, of orphans without a root": [row("a", "missing"), row("b", "missing", **failed)],
    "running, orphans without a root": [row("a", "missing", **failed), row("b", "missing", ms=None)],
    "ok, orphans with an error below": [row("a", "missing"), row("b", "a", **failed)],
    "error, of a circle": [row("a", "a", **failed)],
}


@pytest.mark.parametrize("case", STATUS)
def test_the_root_or_without_one_the_topmost_spans_decide_the_status(case: str) -> None:
    assert trace(*STATUS[case]).summary.status == case.partition(",")[0]


def test_a_silent_running_trace_is_abandoned_at_a_time() -> None:
    running = replace(trace(row("root", ms=None)).summary, last_received_unix_nano=START)
    after_10_s = START + 10 * 10**9
    assert running.at(after_10_s, abandon_after_s=10) is running
    assert running.at(after_10_s + 1, abandon_after_s=10).status == "abandoned"
    ended = replace(trace(row("root")).summary, last_received_unix_nano=START)
    assert ended.at(after_10_s * 2, abandon_after_s=10) is ended


# --- the summary ----------------------------------------------------------------------------------------------------


def test_the_summary_of_a_small_trace() -> None:
    built = trace(
        row(
            "root", ms=100, kind="agent", service_name="web", session_id="s1", tags=("a", "b"), metadata={"k": 1},
            input_preview='{"in": 1}', output_preview="root out", environment="prod", release="1.0",
        ),
        llm(
            "ask", "root", at=1, request_model="gpt", response_model="gpt-1", provider="openai", ttft_ms=5.0, user_id="u1",
            tags=("b", "c"), metadata={"k": 2, "l": 3}, input_preview="question", service_name="web",
        ),
        row("search", "root", at=2, kind="tool", ms=None, scores=(Score("good", 1.0),)),
        llm("fails", "root", at=3, tokens=None, status="error", request_model="gpt", error=SpanError("Rate", "slow down")),
    )  # fmt: skip
    summary = built.summary
    assert (summary.trace_id, summary.name, summary.status, summary.root_span_id) == (
        TRACE_ID,
        "root",
        "ok",
        "root",
    )
    assert (summary.start_time_unix_nano, summary.end_time_unix_nano) == (nano(0), nano(100))
    assert summary.duration_ms == 100
    assert (summary.span_count, summary.error_count, summary.open_count, summary.orphan_count) == (4, 1, 1, 0)
    assert summary.kinds == {"agent": 1, "llm": 2, "tool": 1}
    assert summary.models == ("gpt-1", "gpt")
    assert (summary.providers, summary.services) == (("openai",), ("web",))
    assert summary.usage == Usage(input=10, output=10, total=20)
    assert summary.ttft_ms == 5.0
    assert (summary.session_id, summary.user_id) == ("s1", "u1")
    assert (summary.tags, summary.metadata) == (("a", "b", "c"), {"k": 1, "l": 3})
    assert (summary.environment, summary.release) == ("prod", "1.0")
    assert summary.scores == (Score("good", 1.0),)
    assert (summary.input_preview, summary.output_preview) == ("question", "root out")
    assert summary.error == TraceError("Rate", "slow down", "fails")


def test_an_answer_that_was_cut_is_said_of_its_trace() -> None:
    assert trace(row("root"), llm("ask", "root", has=("cut",))).summary.answer_cut
    assert not trace(row("root"), llm("ask", "root", has=("image",))).summary.answer_cut


def test_the_earliest_root_gives_name_and_times() -> None:
    summary = trace(row("second", at=5, ms=100), row("first", at=1, ms=2)).summary
    assert (summary.name, summary.root_span_id, summary.duration_ms) == ("first", "first", 2)


def test_a_name_given_to_the_trace_comes_before_the_name_of_the_root() -> None:
    assert trace(row("root"), row("child", "root", trace_name="checkout")).summary.name == "checkout"
    both = trace(row("root", at=5, trace_name="of root"), row("child", "root", at=1, trace_name="of child"))
    assert both.summary.name == "of root"


def test_without_a_root_the_trace_says_so_and_spans_all_of_it() -> None:
    summary = trace(row("a", "missing", at=10, ms=5), row("b", "missing", at=12, ms=8)).summary
    assert (summary.name, summary.root_span_id) == ("(root not received)", None)
    assert (summary.start_time_unix_nano, summary.end_time_unix_nano) == (nano(10), nano(20))


def test_without_a_root_an_ended_trace_has_an_end_although_a_span_inside_is_open() -> None:
    summary = trace(row("a", "missing", ms=5), row("b", "a", ms=None)).summary
    assert (summary.status, summary.duration_ms) == ("ok", 5)


def test_a_running_trace_has_no_end() -> None:
    for rows in ([row("root", ms=None)], [row("a", "missing", ms=None), row("b", "missing", ms=5)]):
        summary = trace(*rows).summary
        assert (summary.end_time_unix_nano, summary.duration_ms) == (None, None)


@given(any_rows)
def test_a_trace_has_a_duration_unless_it_runs(rows: list[SpanRow]) -> None:
    summary = trace(*rows).summary
    assert (summary.duration_ms is None) == (summary.status == "running")


def test_the_previews_are_of_the_root_where_no_call_has_any() -> None:
    summary = trace(row("root", input_preview="in", output_preview="out"), llm("call", "root")).summary
    assert (summary.input_preview, summary.output_preview) == ("in", "out")


def test_the_words_of_the_root_come_before_the_prompt_that_a_model_was_given_around_them() -> None:
    asked = llm("call", "root", input_preview="Context: … Question: until when?")
    assert trace(row("root", input_preview="until when?"), asked).summary.input_preview == "until when?"
    wrapped = trace(row("root", input_preview='{"question": "until when?"}'), asked)
    assert wrapped.summary.input_preview == "Context: … Question: until when?"


def test_the_address_of_a_request_is_not_what_was_asked() -> None:
    root = row("root", kind="http", input_preview="/chat")
    assert (
        trace(root, llm("call", "root", input_preview="until when?")).summary.input_preview == "until when?"
    )
    assert trace(root).summary.input_preview == "/chat"


def test_an_object_that_is_written_out_is_not_what_was_answered() -> None:
    root = row("root", output_preview="StopEvent(result=AgentOutput(response=ChatMessage(")
    assert (
        trace(root, llm("call", "root", output_preview="Until five.")).summary.output_preview == "Until five."
    )
    assert trace(root).summary.output_preview == root.reading.output_preview


def test_models_that_answered_come_before_those_that_embedded() -> None:
    built = trace(
        row("root"),
        row("embed", "root", at=1, kind="embedding", request_model="ada"),
        llm("ask", "root", at=2, request_model="gpt"),
    )
    assert built.summary.models == ("gpt", "ada")


def test_the_previews_are_of_the_first_question_and_the_last_answer() -> None:
    summary = trace(
        row("root", input_preview="[1]"),
        row("tool", "root", at=0.5, kind="tool", input_preview="no", output_preview="no"),
        llm("one", "root", at=1, input_preview="first", output_preview="first answer"),
        llm("two", "root", at=2, input_preview="second", output_preview="last answer"),
    ).summary
    assert (summary.input_preview, summary.output_preview) == ("first", "last answer")


def test_the_error_of_a_trace_is_where_it_broke_and_not_where_it_surfaced() -> None:
    built = trace(
        row("root", status="error", error=SpanError("Wrapped")),
        row("step", "root", at=1, status="error", error=SpanError("Wrapped")),
        row("call", "step", at=2, status="error", error=SpanError("RateLimit", "429")),
        row("later", "root", at=3, status="error", error=SpanError("Later")),
    )
    assert built.summary.error == TraceError("RateLimit", "429", "call")


def test_an_error_without_a_word_names_its_span_and_a_trace_without_errors_has_none() -> None:
    assert trace(row("root", status="error")).summary.error == TraceError(None, None, "root")
    assert trace(row("self", "self", status="error")).summary.error == TraceError(None, None, "self")
    assert trace(row("root")).summary.error is None


def test_a_leaf_with_an_exception_failed_and_a_span_with_children_caught_it() -> None:
    raised = SpanError("Timeout", "5 s", inferred=True)
    rows = (row("root", error=raised), row("call", "root", error=raised), row("fine", "root"))
    root, call, fine = placed(TRACE_ID, rows)
    assert (root.reading.status, root.reading.error) == ("unset", None)
    assert (call.reading.status, call.reading.error, call.reading.level) == ("error", raised, "error")
    assert fine is rows[2]
    summary = trace(root, call, fine).summary
    assert (summary.error_count, summary.error) == (1, TraceError("Timeout", "5 s", "call"))
    assert placed(TRACE_ID, (root, call, fine)) == (root, call, fine)


@pytest.mark.parametrize(
    "facts",
    [
        {"error": SpanError("Timeout")},
        {"error": SpanError("Timeout", inferred=True), "status": "ok"},
        {"error": SpanError("Timeout", inferred=True), "status": "error"},
        {},
    ],
)
def test_only_what_depends_on_the_place_is_placed(facts: dict[str, Any]) -> None:
    rows = [row("root", **facts), row("call", "root", **facts)]
    assert placed(TRACE_ID, rows) is rows


def test_a_level_that_was_sent_stays_with_a_leaf_that_failed() -> None:
    (leaf,) = placed(TRACE_ID, [row("call", error=SpanError(inferred=True), level="warn")])
    assert (leaf.reading.status, leaf.reading.level) == ("error", "warn")


def test_a_row_is_made_of_a_span_that_is_no_fragment() -> None:
    reading = Reading("x", cost=Cost(1.0))
    span = SpanData(TRACE_ID, "a", "x", START, START + 2_500_000, parent_span_id="b")
    assert row_of(span, reading) == SpanRow("a", "b", START, START + 2_500_000, reading)
    assert row_of(span, reading).duration_ms == 2.5
    with pytest.raises(AssertionError):
        row_of(replace(span, start_time_unix_nano=None), reading)


def test_a_model_call_is_counted_once_whoever_reports_it() -> None:
    wrapped = trace(row("root"), llm("outer", "root"), llm("inner", "outer"))
    assert wrapped.summary.llm_calls == 1
    assert wrapped.summary.kinds == {"llm": 2, "other": 1}
    failed = trace(llm("outer", None, None), row("http", "outer", kind="http"), llm("inner", "http", None))
    assert failed.summary.llm_calls == 1
    repeated = trace(row("root"), llm("sdk", "root", response_id="r"), llm("client", "root", response_id="r"))
    assert repeated.summary.llm_calls == 1
    by_a_tool = trace(llm("asks", "root"), row("tool", "asks", kind="tool"), llm("works", "tool"))
    assert by_a_tool.summary.llm_calls == 2
