"""The pure scripts behind the page of a trace: axis, critical path, runs, what stands out, sums, flow, address."""

import json

import pytest
from javascript import evaluate, skeleton

AGENT = skeleton(
    (-1, "agent", "plan", 0, 100),
    (0, "llm", "chat", 0, 30),
    (0, "tool", "search", 30, 20),
    (0, "tool", "search", 30, 30),
    (0, "tool", "search", 32, 10),
    (0, "tool", "search", 33, 10),
    (0, "llm", "chat", 60, 40),
)
"""A model call, four searches side by side, another model call."""


# --- the axis -------------------------------------------------------------------------------------------------------


def test_without_gaps_the_axis_is_linear() -> None:
    assert evaluate("trace/axis.js", "[0, 250, 1000].map(m.makeAxis(1000).place)") == [0, 0.25, 1]


def test_a_gap_is_drawn_narrow_and_time_goes_both_ways() -> None:
    places = evaluate(
        "trace/axis.js", "((a) => [50, 100, 900, 950].map(a.place))(m.makeAxis(1000, [[100, 900]]))"
    )
    assert places == sorted(places)
    assert places[2] - places[1] == pytest.approx(0.012)
    assert places[0] == pytest.approx(1 - places[3])
    back = evaluate(
        "trace/axis.js",
        "((a) => [0, 50, 500, 950, 1000].map((us) => a.time(a.place(us))))(m.makeAxis(1000, [[100, 900]]))",
    )
    assert back == pytest.approx([0, 50, 500, 950, 1000])


def test_pauses_are_where_no_innermost_span_ran() -> None:
    waiting = skeleton((-1, "agent", "a", 0, 1000), (0, "llm", "x", 0, 100), (0, "llm", "y", 900, 50))
    assert evaluate("trace/axis.js", f"m.idleGaps({waiting})") == [[100, 900], [950, 1000]]
    assert evaluate("trace/axis.js", f"((t) => m.idleShare(t, m.idleGaps(t)))({waiting})") == 0.85


def test_zooming_keeps_the_point_under_the_pointer() -> None:
    # The share 0.25 of the window [0.2, 0.6] is the place 0.3, before and after.
    left, right = evaluate("trace/axis.js", "m.zoomed([0.2, 0.6], 0.5, 0.25)")
    assert left + (right - left) * 0.25 == pytest.approx(0.3)
    assert right - left == pytest.approx(0.2)


def test_the_window_stays_on_the_axis() -> None:
    assert evaluate(
        "trace/axis.js", "[m.panned([0.8, 1], 5), m.panned([0, 0.2], -5), m.zoomed([0.4, 0.6], 100, 0.5)]"
    ) == [
        [pytest.approx(0.8), pytest.approx(1)],
        [0, pytest.approx(0.2)],
        [0, 1],
    ]


def test_the_ruler_is_round() -> None:
    marks = "m.ticks(m.makeAxis({total}), {window}, 300).map(([us]) => us)"
    assert evaluate("trace/axis.js", marks.format(total=1_950_000, window="[0, 1]")) == [
        0,
        500_000,
        1_000_000,
        1_500_000,
    ]
    assert evaluate("trace/axis.js", marks.format(total=1, window="[0, 1]")) == [0, 1]
    assert evaluate("trace/axis.js", marks.format(total=1_000_000, window="[0.5, 0.6]")) == [
        500_000,
        520_000,
        540_000,
        560_000,
        580_000,
        600_000,
    ]


@pytest.mark.parametrize(
    ("seconds", "marks"),
    [
        (52, ["0", "15 s", "30 s", "45 s"]),
        (173, ["0", "1 m", "2 m"]),
        (7000, ["0", "30 m", "1 h", "1 h 30 m"]),
        (200_000, ["0", "1 d", "2 d"]),
    ],
)
def test_a_ruler_of_minutes_and_hours_is_that_of_a_clock(seconds: int, marks: list[str]) -> None:
    times = evaluate(
        "trace/axis.js", f"m.ticks(m.makeAxis({seconds * 1_000_000}), [0, 1], 250).map(([us]) => us)"
    )
    assert evaluate("shared/format.js", f"{json.dumps(times)}.map(m.tick)") == marks


def test_a_span_without_end_lasts_as_long_as_the_trace_and_a_clock_set_back_makes_no_such_span() -> None:
    tree = skeleton(
        (-1, "agent", "a", 0, 100), (0, "tool", "b", 10, -1), (0, "tool", "c", 20, -5), flags=[0, 2, 0]
    )
    assert evaluate("trace/axis.js", f"[1, 2].map((i) => m.endOf({tree}, i))") == [100, 20]


# --- the critical path ----------------------------------------------------------------------------------------------


def test_what_ended_last_was_waited_for() -> None:
    segments = evaluate("trace/critical_path.js", f"m.criticalPath({AGENT}).segments")
    assert segments == [
        {"span": 6, "from": 60, "to": 100},
        {"span": 3, "from": 30, "to": 60},
        {"span": 1, "from": 0, "to": 30},
    ]


def test_the_waiting_divides_among_the_kinds() -> None:
    waits = evaluate("trace/critical_path.js", f"((t) => m.waits(t, m.criticalPath(t)))({AGENT})")
    assert [(wait["name"], wait["share"]) for wait in waits] == [("LLM", 0.7), ("tools", 0.3)]


def test_of_a_wait_it_is_known_how_long_it_was_for_first_tokens() -> None:
    tree = skeleton(
        (-1, "agent", "a", 0, 100),
        (0, "llm", "x", 10, 40),
        (0, "llm", "y", 30, 60),
        ttft_us={"1": 15, "2": 90},
    )
    (llm, between) = evaluate("trace/critical_path.js", f"((t) => m.waits(t, m.criticalPath(t)))({tree})")
    assert (llm["name"], llm["us"], llm["first_us"]) == ("LLM", 80, 15 + 60)
    assert (between["name"], between["first_us"]) == ("between steps", 0)


def test_own_time_of_a_parent_and_time_without_any_span_are_told_apart() -> None:
    waits = evaluate(
        "trace/critical_path.js",
        f"((t) => m.waits(t, m.criticalPath(t)))({skeleton((-1, 'chain', 'a', 0, 50), (0, 'llm', 'x', 10, 30), (-1, 'tool', 'b', 80, 15), (-1, 'chain', 'c', 95, 5))})",
    )
    assert {wait["name"]: wait["us"] for wait in waits} == {
        "LLM": 30, "between steps": 20, "tools": 15, "other steps": 5, "idle": 30,
    }  # fmt: skip


def test_a_child_that_outlives_its_parent_counts_inside_of_it() -> None:
    tree = skeleton((-1, "agent", "a", 0, 40), (0, "tool", "late", 10, 90))
    assert evaluate("trace/critical_path.js", f"[...m.criticalPath({tree}).own]") == [10, 30]


def test_a_deep_chain_has_a_critical_path() -> None:
    deep = "((n) => tree({trace: {}, kinds: ['chain'], names: ['x'], models: [], id: '0'.repeat(16 * n), parent: Array.from({length: n}, (_, i) => i - 1), kind: Array(n).fill(0), name: Array(n).fill(0), model: Array(n).fill(-1), start_us: Array.from({length: n}, (_, i) => i), duration_us: Array.from({length: n}, (_, i) => 2 * (n - i)), status: Array(n).fill(0), tokens: Array(n).fill(null), cost: Array(n).fill(null), flags: Array(n).fill(0)}))(20000)"
    assert evaluate("trace/critical_path.js", f"m.criticalPath({deep}).segments.length") >= 20_000


# --- runs of like siblings ------------------------------------------------------------------------------------------


def test_four_like_leaves_in_a_row_are_one_row() -> None:
    rows = "((t) => ((r) => [[...m.rowsOf(t, r, new Set(), new Set())], [...m.rowsOf(t, r, new Set(), new Set([2]))]])(m.findRuns(t)))"
    assert evaluate("trace/groups.js", f"{rows}({AGENT})") == [[0, 1, -3, 6], [0, 1, -3, 2, 3, 4, 5, 6]]


def test_a_span_in_a_closed_run_stands_where_the_run_does() -> None:
    place = "((t) => ((r) => [1, 2, 4, 6].map((i) => m.placeOf(m.rowsOf(t, r, new Set(), new Set({opened})), r, i)))(m.findRuns(t)))"
    assert evaluate("trace/groups.js", f"{place.format(opened='')}({AGENT})") == [1, 2, 2, 3]
    assert evaluate("trace/groups.js", f"{place.format(opened='[2]')}({AGENT})") == [1, 3, 5, 7]


def test_what_a_fold_hides_has_no_place() -> None:
    assert (
        evaluate(
            "trace/groups.js",
            f"((t) => ((r) => m.placeOf(m.rowsOf(t, r, new Set([0]), new Set()), r, 4))(m.findRuns(t)))({AGENT})",
        )
        == -1
    )


def test_a_search_leaves_its_matches_only() -> None:
    kept = "((t) => ((r) => [...m.rowsOf(t, r, new Set([0]), new Set(), Uint8Array.from([1, 0, 0, 1, 0, 0, 0]))])(m.findRuns(t)))"
    assert evaluate("trace/groups.js", f"{kept}({AGENT})") == [0, 3]


def test_more_than_three_levels_are_open_while_they_are_few_rows() -> None:
    """80 spans one inside of the other are open down to the sixtieth; beside 100 others, down to the third."""
    chain = [(n - 1, "chain", f"level {n}", 0, 100) for n in range(80)]
    deep = skeleton(*chain)
    assert evaluate("trace/tree.js", f"[...m.defaultFold({deep})]") == list(range(59, 79))
    wide = skeleton(*chain, *[(1, "tool", f"leaf {n}", 0, 1) for n in range(100)])
    assert evaluate("trace/tree.js", f"[...m.defaultFold({wide})]") == list(range(2, 79))


def test_the_growth_of_many_calls_is_told_in_few_bars() -> None:
    calls = "Array.from({length: 7}, (_, n) => ({tokens: n, here: n === 2}))"
    assert evaluate("content/context_parts.js", f"m.growthBars({calls}, 3)") == [
        {"tokens": 2, "here": True},
        {"tokens": 5, "here": False},
        {"tokens": 6, "here": False},
    ]
    assert evaluate("content/context_parts.js", f"m.growthBars({calls}, 50).length") == 7


def test_a_name_is_read_below_its_parent_without_what_both_begin_with() -> None:
    tree = skeleton(
        (-1, "chain", "ai.streamText", 0, 9),
        (0, "llm", "ai.streamText.doStream", 0, 9),
        (0, "tool", "ai.streamTextual", 0, 9),
        (0, "tool", "search", 0, 9),
    )
    names = evaluate("trace/tree.js", f"((t) => [0, 1, 2, 3].map((i) => m.nameBelow(t, i)))({tree})")
    assert names == ["ai.streamText", "…doStream", "ai.streamTextual", "search"]
    tree = skeleton(
        (-1, "chain", "com.example.steps.First.run", 0, 9),
        (0, "chain", "com.example.steps.Second.run", 0, 9),
        (1, "chain", "com.example.other", 0, 9),
    )
    names = evaluate("trace/tree.js", f"((t) => [0, 1, 2].map((i) => m.nameBelow(t, i)))({tree})")
    assert names == ["com.example.steps.First.run", "…Second.run", "com.example.other"]


def test_the_row_of_a_run_says_what_its_spans_say_each_once() -> None:
    said = {2: "https://a.eu/x", 3: "https://b.eu/y", 4: "https://a.eu/x"}
    run = "m.runPreview({previews: " + json.dumps(said) + "}, {first: 2, end: 6})"
    assert evaluate("trace/run_preview.js", run) == "a.eu/x · b.eu/y"


@pytest.mark.parametrize(
    ("preview", "shown"),
    [
        ('{"path": "src/cli.py", "from": 3}', "src/cli.py, from=3"),
        ('{"path":"src/cli.py","old":" \\tseco…', "src/cli.py,   seco…"),
        ('grep({"pattern":"parse|dur"}) list({})', "grep(parse|dur) list({})"),
        ('grep({"pattern":"par…', "grep(par…"),
        ('{"city": "Oslo", "days": [1, 2]}', 'Oslo, "days": [1, 2]}'),
        ('{"say": "\\"hi\\""}', '"hi"'),
        ("{}", "{}"),
        ("[1, 2]", "[1, 2]"),
        ("**Two** files", "Two files"),
        ("https://a.eu/healthz?id=7", "a.eu/healthz?id=7"),
        ("https://a.eu is down", "https://a.eu is down"),
    ],
)
def test_a_row_says_of_arguments_what_they_are(preview: str, shown: str) -> None:
    assert evaluate("content/row_preview.js", f"m.rowPreview({json.dumps(preview)})") == shown


def test_a_run_sums_its_spans() -> None:
    run = evaluate("trace/groups.js", f"m.findRuns({AGENT}).runs.get(2)")
    assert (run["count"], run["from"], run["to"], run["us"]) == (4, 30, 60, 70)


# --- what stands out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pick", "spans"),
    [("critical", [0, 1, 3, 6]), ("slow", [1, 3, 6]), ("kind:llm", [1, 6]), ("kind:llm,tool", [1, 2, 3, 4, 5, 6]), ("name:search", [2, 3, 4, 5]), ("errors", [])],
)  # fmt: skip
def test_what_stands_out(pick: str, spans: list[int]) -> None:
    path = "{onPath: [1, 1, 0, 1, 0, 0, 1], own: [0, 30, 0, 30, 0, 0, 40]}"
    assert evaluate("trace/picks.js", f"m.listed(m.picked({AGENT}, {path}, {json.dumps(pick)}))") == spans


def test_an_unknown_choice_marks_nothing() -> None:
    assert evaluate("trace/picks.js", f"m.picked({AGENT}, null, 'nonsense')") is None


def test_the_way_to_a_match_stays() -> None:
    assert evaluate(
        "trace/picks.js", f"m.listed(m.withAncestors({AGENT}, Uint8Array.from([0, 0, 0, 0, 1, 0, 0])))"
    ) == [0, 4]


# --- sums and flow --------------------------------------------------------------------------------------------------


def test_sums_by_name_and_of_a_stretch() -> None:
    rows = evaluate(
        "trace/aggregate.js",
        f"m.sorted(m.aggregate({AGENT}, 'name', null), 'us').map((r) => [r.value, r.calls, r.us, r.p50, r.max])",
    )
    assert rows == [["plan", 1, 100, 100, 100], ["chat", 2, 70, 30, 40], ["search", 4, 70, 10, 30]]
    part = evaluate(
        "trace/aggregate.js", f"m.aggregate({AGENT}, 'tool', [45, 70]).map((r) => [r.value, r.calls])"
    )
    assert part == [["search", 2]]


def test_sums_equal_the_totals() -> None:
    tree = skeleton(
        (-1, "agent", "a", 0, 9), (0, "llm", "x", 0, 4), (0, "llm", "y", 4, 5),
        tokens=[30, 10, 20], cost=[0.3, 0.1, 0.2], flags=[0, 32, 32],
    )  # fmt: skip
    rows = evaluate("trace/aggregate.js", f"m.aggregate({tree}, 'name', null)")
    assert sum(row["tokens"] or 0 for row in rows) == 30
    assert sum(row["cost"] or 0 for row in rows) == pytest.approx(0.3)


def test_the_flow_is_what_is_certain() -> None:
    edges = evaluate(
        "trace/flow.js", f"m.flow({AGENT}, false).edges.map((e) => [e.from, e.to, e.type, e.count, e.back])"
    )
    assert edges == [
        ["agent plan", "llm chat", "calls", 1, False],
        ["llm chat", "tool search", "next", 4, False],
        ["tool search", "llm chat", "next", 1, True],
    ]


def test_steps_side_by_side_do_not_follow_each_other() -> None:
    tree = skeleton(
        (-1, "agent", "a", 0, 30), (0, "tool", "x", 0, 10), (0, "tool", "y", 5, 10), (0, "llm", "z", 20, 5)
    )
    edges = evaluate("trace/flow.js", f"m.flow({tree}, false).edges.map((e) => [e.from, e.to, e.type])")
    assert sorted(edges) == [
        ["agent a", "tool x", "calls"], ["agent a", "tool y", "calls"], ["tool x", "llm z", "next"], ["tool y", "llm z", "next"],
    ]  # fmt: skip


def test_a_hand_over_is_drawn_from_step_to_step() -> None:
    tree = skeleton(
        (-1, "agent", "team", 0, 30), (0, "agent", "triage", 0, 10), (0, "agent", "refunds", 12, 10)
    )
    edges = evaluate("trace/flow.js", f"m.flow({tree}, false).edges.map((e) => [e.from, e.to, e.type])")
    assert edges == [["agent team", "agent triage", "calls"], ["agent triage", "agent refunds", "next"]]


def test_a_way_straight_back_is_drawn_with_the_way_there() -> None:
    edges = evaluate(
        "trace/flow.js",
        f"m.paired(m.flow({AGENT}, false).edges).map((e) => [e.from, e.to, e.count, e.returns])",
    )
    assert edges == [["agent plan", "llm chat", 1, 0], ["llm chat", "tool search", 4, 1]]


def test_ranks_go_from_left_to_right() -> None:
    ranks = evaluate("trace/flow.js", f"m.ranked(m.flow({AGENT}, false)).map((n) => [n.name, n.rank])")
    assert ranks == [["plan", 0], ["chat", 1], ["search", 2]]


@pytest.mark.parametrize(
    ("room", "widths", "gap"),
    [
        (1064, [140, 120, 204], 64),
        (590, [140, 120, 204], 63),
        (460, [130, 120, 130], 40),
        (300, [120, 120, 120], 40),
    ],
    ids=["as its names are", "as there is room", "the widest gives way", "wider than its room"],
)
def test_a_graph_is_as_wide_as_its_names_where_there_is_room(room: int, widths: list[int], gap: int) -> None:
    nodes = [{"rank": 0, "name": "coding-agent"}, {"rank": 1, "name": "chat"}, {"rank": 2, "name": "search_everywhere_in"}, {"rank": 2, "name": "git"}]  # fmt: skip
    assert evaluate("trace/flow.js", f"m.wideAs({room}, {json.dumps(nodes)})") == {
        "widths": widths,
        "gap": gap,
    }
    assert room == 300 or sum(widths) + 2 * gap <= room


# --- the address ----------------------------------------------------------------------------------------------------


def test_the_address_of_a_trace_goes_both_ways() -> None:
    state = {
        "view": "table", "span": "00000000000000ab", "tab": "raw", "zoom": [0.125, 0.5], "gaps": True, "path": True, "find": "refund 42",
        "mode": "only", "pick": "kind:llm", "area": [10, 2000], "by": "model", "sort": "calls",
    }  # fmt: skip
    assert evaluate("trace/trace_url.js", f"m.readTraceUrl(m.traceSearch({json.dumps(state)}))") == state


def test_an_address_of_defaults_is_empty_and_nonsense_is_default() -> None:
    assert evaluate("trace/trace_url.js", "m.traceSearch(m.readTraceUrl(''))") == ""
    assert (
        evaluate(
            "trace/trace_url.js", "m.traceSearch(m.readTraceUrl('?view=x&span=zz&zoom=3&mode=7&area=9~1'))"
        )
        == ""
    )


# --- what fills the context -----------------------------------------------------------------------------------------


def test_the_parts_of_a_context_add_up_to_its_tokens() -> None:
    text = [{"type": "text", "content": "x" * 100}]
    span = {
        "usage": {"input": 1001},
        "system": text,
        "input_messages": [
            {"role": "user", "parts": text},
            {"role": "tool", "parts": [{"type": "tool_result", "content": "y" * 300}]},
            {"role": "user", "parts": text},
        ],
        "delta": {"first_new": 2},
    }
    parts = evaluate("content/context_parts.js", f"m.contextParts({json.dumps(span)})")
    assert [part["id"] for part in parts] == ["system", "history", "results", "fresh"]
    assert sum(part["tokens"] for part in parts) == 1001
    assert parts[2]["tokens"] == pytest.approx(500, abs=2)


def test_what_a_model_had_answered_before_is_no_new_message() -> None:
    """The turn of a conversation, in a trace of its own."""
    said = [
        {"role": role, "parts": [{"type": "text", "content": "x" * 100}]}
        for role in ("user", "assistant") * 4
    ]
    span = {"usage": {"input": 900}, "input_messages": [*said, {"role": "user", "parts": said[0]["parts"]}]}
    parts = evaluate("content/context_parts.js", f"m.contextParts({json.dumps(span)})")
    assert [(part["id"], part["tokens"]) for part in parts] == [("history", 800), ("fresh", 100)]


def test_what_was_not_sent_is_a_part_of_its_own() -> None:
    text = [{"type": "text", "content": "x" * 400}]
    span = {
        "usage": {"input": 5000},
        "input_messages": [{"role": "user", "parts": text}],
        "provenance": {"input_messages": "llm_tracer.input.new_messages"},
    }
    parts = evaluate("content/context_parts.js", f"m.contextParts({json.dumps(span)})")
    assert [(part["label"], part["tokens"]) for part in parts] == [("new messages", 100), ("not sent", 4900)]
    parts = evaluate("content/context_parts.js", f"m.contextParts({json.dumps(span | {'provenance': {}})})")
    assert [(part["label"], part["tokens"]) for part in parts] == [("messages", 5000)]


def test_without_counted_tokens_nothing_is_estimated() -> None:
    assert (
        evaluate(
            "content/context_parts.js",
            "m.contextParts({usage: null, input_messages: [{role: 'user', parts: []}]})",
        )
        is None
    )


def test_named_spans_stand_out() -> None:
    three = skeleton((-1, "agent", "a", 0, 9), (0, "tool", "b", 1, 2), (0, "tool", "c", 4, 2))
    ids = f"{2:016x},{3:016x}"
    assert evaluate("trace/picks.js", f"[...m.picked({three}, null, 'span:{ids}')]") == [0, 1, 1]
    assert evaluate("trace/picks.js", f"m.pickLabel('span:{ids}')") == "2 marked spans"


# --- where the keys stop --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selected", "by", "to"),
    [(1, 1, 6), (6, 1, 6), (6, -1, 1), (3, 0, 6), (2, -1, 1), (6, "-Infinity", 1), (0, "Infinity", 6)],
)
def test_in_the_chat_the_keys_stop_at_calls(selected: int, by: int | str, to: int) -> None:
    assert (
        evaluate(
            "trace/stops.js",
            f"m.spanAt(m.callStops([1, 6], {selected}, {{end: [9, 2, 3, 4, 5, 6, 7, 8, 9]}}), {by})",
        )
        == to
    )


LLM = "llm"


def test_a_call_is_shown_as_the_span_that_has_its_messages() -> None:
    """A library that traces itself without messages, inside the span of an instrumentation that has them."""
    rows = [
        (-1, "chain", "batch", 0, 90),
        (0, LLM, "outer", 1, 20),
        (1, LLM, "inner", 2, 10),
        (0, LLM, "own", 40, 9),
    ]
    calls = "m.callsOf({tree})"
    tree = skeleton(*rows, previews={1: "said", 3: "said"})
    assert evaluate("trace/calls.js", calls.format(tree=tree)) == [1, 3]
    assert evaluate("trace/calls.js", f"m.callPlace([1, 3], 2, {tree})") == 0
    assert evaluate("trace/calls.js", calls.format(tree=skeleton(*rows, previews={1: "a", 2: "b"}))) == [2, 3]
    assert evaluate("trace/calls.js", calls.format(tree=skeleton(*rows))) == [2, 3]
    assert evaluate("trace/calls.js", f"[0, 1, 3].map((i) => m.lastCallBelow({tree}, i))") == [3, -1, -1]
    silent = skeleton(*rows, previews={1: "said"})
    assert evaluate("trace/calls.js", f"m.lastCallBelow({silent}, 0)") == 1
    two = [*rows, (1, LLM, "second", 13, 5)]
    two = [two[0], two[1], two[2], two[4], two[3]]
    assert evaluate("trace/calls.js", calls.format(tree=skeleton(*two, previews={1: "whose?"}))) == [2, 3, 4]


def test_the_calls_of_several_agents_are_told_apart() -> None:
    rows = [
        (-1, "agent", "a", 0, 90),
        (0, LLM, "x", 1, 2),
        (0, "agent", "b", 4, 9),
        (2, "tool", "t", 5, 5),
        (3, LLM, "y", 6, 2),
    ]
    agents = "((t) => m.agentsOf(t, m.callsOf(t)))({tree})"
    assert evaluate("trace/calls.js", agents.format(tree=skeleton(*rows))) == [0, 2]
    assert evaluate("trace/calls.js", agents.format(tree=skeleton(*rows[:2]))) == []


def test_a_table_without_the_selected_span_is_entered_from_its_ends() -> None:
    groups = [{"spans": [4, 5]}, {"spans": [2]}]
    assert evaluate("trace/stops.js", f"m.spanAt(m.groupStops({json.dumps(groups)}, 9), 1)") == 4
    assert evaluate("trace/stops.js", f"m.spanAt(m.groupStops({json.dumps(groups)}, 9), -1)") == 2
    assert evaluate("trace/stops.js", f"m.spanAt(m.groupStops({json.dumps(groups)}, 5), 1)") == 2
    assert evaluate("trace/stops.js", "m.spanAt(m.groupStops([], 5), 1)") == -1
