"""The pure scripts: numbers, the tree, the address of the list."""

import json

import pytest
from javascript import evaluate
from llm_tracer.model import failures, text


def test_numbers_are_written_as_the_vocabulary_writes_them() -> None:
    """Its tests hold what is written; here, that JavaScript writes the same, also where a half is to be rounded."""
    fine, whole = [1 / 200_000, 1 / 10_000, 1 / 8, 5, 500_000], [1, 50, 500_000, 500_000_000]
    written = evaluate(
        "shared/format.js",
        "((fine, whole) => [fine.map(m.duration), fine.map((x) => m.dollars(x)), fine.map((x) => m.dollars(x, '≥')), "
        "whole.map(m.count), whole.map(m.bytes)])"
        f"(...{json.dumps([fine, whole])}.map((steps) => steps.flatMap((step) => Array.from({{length: 1000}}, (_, n) => n * step))))",
    )
    fine, whole = ([n * step for step in steps for n in range(1000)] for steps in (fine, whole))
    assert written == [
        list(map(text.duration, fine)),
        list(map(text.cost, fine)),
        [text.cost(usd, complete=False) for usd in fine],
        list(map(text.count, whole)),
        list(map(text.byte_size, whole)),
    ]


def test_an_unknown_figure_is_a_dash() -> None:
    assert evaluate("shared/format.js", "[m.duration(null), m.count(null), m.dollars(null)]") == ["–"] * 3
    assert [text.duration(None), text.count(None), text.cost(None)] == ["–"] * 3


def test_an_unknown_cost_is_never_zero() -> None:
    shown = evaluate(
        "shared/format.js",
        "[null, {total: null, complete: false}, {total: 0, complete: false}, {total: 0, complete: true}, {total: 0.41, complete: false}].map(m.traceCost)",
    )
    assert shown == ["–", "–", "–", "$0", "≥$0.410"]


def test_what_used_nothing_shows_a_dash_and_what_was_free_its_tokens() -> None:
    shown = evaluate(
        "shared/format.js",
        """[{usage: null, cost: null}, {usage: {total: 0}, cost: {total: 0, complete: true}}, {usage: {total: 12}, cost: {total: 0, complete: true}}]
          .map((one) => [m.tokensOf(one), m.costOf(one)])""",
    )
    assert shown == [["–", "–"], ["–", "–"], ["12", "$0"]]


def test_a_time_is_told_as_its_age_in_the_largest_unit() -> None:
    shown = evaluate(
        "shared/format.js",
        "[0, 4, 59, 60, 3599, 3600, 86400, 900000, -59, -60, -259200].map((s) => m.ago(new Date(1e12), 1e12 + s * 1000))",
    )
    assert shown == [
        "just now",
        "just now",
        "59 s ago",
        "1 min ago",
        "59 min ago",
        "1 h ago",
        "1 d ago",
        "10 d ago",
        "just now",
        "in 1 min",
        "in 3 d",
    ]


SKELETON = {
    # root ▸ a ▸ (b ✕, c), d; then an orphan
    "id": "".join(f"{n:016x}" for n in range(1, 7)),
    "parent": [-1, 0, 1, 1, 0, -1],
    "start_us": [0, 10, 20, 30, 60, 5],
    "duration_us": [100, 40, 10, -1, 20, 200],
    "status": [0, 0, 2, 0, 1, 0],
    "tokens": [None, None, 10, 20, 99, 5],
    "cost": [None, None, 0.5, None, 9.0, None],
    "flags": [0, 0, 32, 34, 0, 33],
}


def test_of_a_call_that_used_nothing_the_figures_are_unknown() -> None:
    """A model that costs nothing is another thing: its calls have tokens."""
    columns = SKELETON | {"tokens": [0, 0, 10, None, 0, 5], "cost": [0, None, 0, None, 0.5, 0]}
    figures = evaluate(
        "trace/tree.js", f"(({{tokens, cost}}) => [tokens, cost])(m.buildTree({json.dumps(columns)}))"
    )
    assert figures == [[None, None, 10, None, 0, 5], [None, None, 0, None, 0.5, 0]]


def test_the_tree_adds_up_what_counts() -> None:
    tree = f"m.buildTree({json.dumps(SKELETON)})"
    fields = "(({depth, end, errors, sumTokens, total}) => [[...depth], [...end], [...errors], [...sumTokens], total])"
    assert evaluate("trace/tree.js", f"{fields}({tree})") == [
        [0, 1, 2, 2, 1, 0], [5, 4, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [30, 30, 10, 20, 0, 5], 205,
    ]  # fmt: skip


def test_where_a_trace_broke_is_what_its_summary_says() -> None:
    """Not the first error from above: one further down may have come first."""
    for error, at in ((None, -1), ({"span_id": f"{6:016x}"}, 5)):
        failed = {**SKELETON, "status": [0, 2, 0, 2, 0, 2], "trace": {"error": error}}
        assert evaluate("trace/tree.js", f"m.brokenAt(m.buildTree({json.dumps(failed)}))") == at


def test_folding_hides_descendants_and_revealing_opens_the_way() -> None:
    opened = f"((t, folded) => [m.reveal(t, folded, 2), [...folded], m.reveal(t, folded, 2)])(m.buildTree({json.dumps(SKELETON)}), new Set([1]))"
    assert evaluate("trace/tree.js", opened) == [True, [], False]


def test_a_span_is_found_by_its_whole_id_only() -> None:
    tree = f"m.buildTree({json.dumps(SKELETON)})"
    assert evaluate("trace/tree.js", f"m.indexOf({tree}, '{3:016x}')") == 2
    assert evaluate("trace/tree.js", f"m.indexOf({tree}, '0' + '{3:016x}'.slice(0, 15))") == -1
    assert evaluate("trace/tree.js", f"m.indexOf({tree}, null)") == -1


def test_a_trace_without_an_end_lasts_until_now_and_an_abandoned_one_until_it_was_last_heard_from() -> None:
    began, heard = "2026-11-27T05:00:00.000000001Z", "2026-11-27T05:00:07Z"
    now = "Date.parse('2026-11-27T05:00:30Z')"
    totals = [
        evaluate("trace/tree.js", f"m.buildTree({json.dumps({**SKELETON, 'trace': trace})}, {now}).total")
        for trace in (
            {"status": "running", "start_time": began},
            {"status": "abandoned", "start_time": began, "last_received": heard},
            {"status": "ok", "start_time": began, "last_received": heard},
        )
    ]
    assert totals == [30_000_000, 7_000_000, 205]


def test_a_call_ends_as_it_should_in_any_spelling() -> None:
    reasons = ["stop", "STOP", "tool-calls", "end_turn", "length", "content_filter", None]
    assert evaluate("content/finish.js", f"{json.dumps(reasons)}.map(m.isFine)") == [
        True, True, True, True, False, False, False]  # fmt: skip


def test_a_deep_tree_and_a_big_one() -> None:
    deep = "((n) => m.buildTree({id: '0'.repeat(16 * n), parent: Array.from({length: n}, (_, i) => i - 1), start_us: Array(n).fill(0), duration_us: Array(n).fill(1), status: Array(n).fill(0), tokens: Array(n).fill(1), cost: Array(n).fill(null), flags: Array(n).fill(32)}))(50000)"
    assert evaluate("trace/tree.js", f"{deep}.sumTokens[0]") == 50_000
    assert evaluate("trace/tree.js", f"{deep}.depth[49999]") == 49_999


def test_the_address_of_the_list_goes_both_ways() -> None:
    default = {
        "q": "",
        "range": "all",
        "from": None,
        "to": None,
        "sort": "-start_time",
        "peek": None,
        "live": True,
    }
    assert evaluate("question/list_url.js", "m.readList('')") == default
    asked = default | {"q": 'a "b" c>1', "range": "24h", "sort": "-cost"}
    assert evaluate("question/list_url.js", f"m.readList(m.listSearch({json.dumps(asked)}))") == asked
    assert evaluate("question/list_url.js", "m.readList('?range=nonsense&sort=rm&peek=1')") == default


def test_what_was_found_in_a_long_text_is_near_its_beginning() -> None:
    found = [["an order", "ORDER"], ["a long way to order 42", "order"], ["other", "order"]]
    assert evaluate(
        "shared/format.js", f"{json.dumps(found)}.map(([text, word]) => m.fromFound(text, word))"
    ) == [
        "an order",
        "…order 42",
        "other",
    ]


def test_the_body_of_an_answer_is_taken_out_as_where_failures_are_grouped() -> None:
    messages = [
        "Error code: 429 - {'error': {'message': \"Don't\", 'param': None}}", 'x {"message": "a \\"b\\" \\\\ c", "code": 1}',
        "{'message': 'hello'} is no order", "Error: {'type': 'server_error'}", "cut {'error': {'message': 'Slow …", "plain", "",
    ]  # fmt: skip
    assert evaluate("shared/format.js", f"{json.dumps(messages)}.map(m.withoutBody)") == [
        failures.without_body(message) for message in messages
    ]


def test_an_error_says_its_type_once() -> None:
    errors = [
        {"type": "KeyError", "message": "'x'"}, {"type": "openai.RateLimitError", "message": "RateLimitError: 429\n now"},
        {"type": None, "message": "broken"}, {"type": "Timeout", "message": None},
        {"type": "RateLimitError", "message": "Error code: 429 - {'error': {'message': \"Don't\", 'param': None}}"},
        {"type": "langchain_openai.chat_models.base.OpenAIRateLimitError", "message": "slow down"}, {"type": "404", "message": ""},
        {"type": "<class 'semantic_kernel.exceptions.ServiceResponseException'>", "message": "ServiceResponseException: no"},
        {"type": "Wrong", "message": "{'message': 'hello'} is no order"},
    ]  # fmt: skip
    assert evaluate("shared/format.js", f"{json.dumps(errors)}.map(m.errorLine)") == [
        "KeyError: 'x'", "RateLimitError: 429 now", "Error: broken", "Timeout",
        "RateLimitError: 429 - Don't", "OpenAIRateLimitError: slow down", "HTTP 404", "ServiceResponseException: no",
        "Wrong: {'message': 'hello'} is no order",
    ]  # fmt: skip
    beside = [*errors[:4], {"type": "a.Broken", "message": "Brokenly: no"}, errors[7],
              {"type": "RateLimitError", "message": "Error code: <n> - Slow down"}, {"type": "X", "message": "Error code: <n> - "}]  # fmt: skip
    assert evaluate("shared/format.js", f"{json.dumps(beside)}.map(m.afterType)") == [
        "'x'", "429\n now", "broken", None, "Brokenly: no", "no", "Slow down", "Error code: <n> - ",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("**Order AK-40** from `Panelko`: it is", "Order AK-40 from Panelko: it is"),
        ("# Report ## Costs They rose", "Report Costs They rose"),
        ("Done. ```python print(1)```", "Done.  print(1)"),
        ("see [the page](https://example.org/a) and ![a map](map.png)", "see the page and a map"),
        ("It is **the last of a lo…", "It is the last of a lo…"),
        ("Issue #118: f(**kwargs), 2 * 3 ** 2, a # b", "Issue #118: f(**kwargs), 2 * 3 ** 2, a # b"),
        ('{"text": "**kept**"}', '{"text": "**kept**"}'),
        ("", ""),
    ],
)
def test_a_line_is_read_without_the_marks_of_markdown(line: str, shown: str) -> None:
    assert evaluate("content/unmarked.js", f"m.unmarked({json.dumps(line)})") == shown


def test_what_runs_has_lasted_since_it_began() -> None:
    rows = [
        {"duration_ms": 5, "status": "ok", "start_time": "2026-01-01T00:00:00Z"},
        {"duration_ms": None, "status": "running", "start_time": "2026-01-01T00:00:00Z"},
        {
            "duration_ms": None,
            "status": "running",
            "start_time": "2026-01-01T00:01:00Z",
        },  # by a clock ahead of ours
        {"duration_ms": None, "status": "abandoned", "start_time": "2026-01-01T00:00:00Z"},
    ]
    now = "Date.parse('2026-01-01T00:00:30Z')"
    assert evaluate("shared/format.js", f"{json.dumps(rows)}.map((row) => m.lasted(row, {now}))") == [
        5,
        30_000,
        0,
        None,
    ]
