"""The list of spans in a real browser: to a failed call by the keyboard, ranked, looked at, and back at the same place."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Page, expect
from running import Running

from .browsing import chat, send, send_giant, span

BEGAN_NS = time.time_ns() - 3_600 * 10**9
BROKE = {"code": "error", "message": "the index is gone"}


def a_run(trace: int, **more: Any) -> list[dict[str, Any]]:
    """An agent, its model call and its search, two seconds after the one before; `more` is of the search."""
    start_ns = BEGAN_NS + trace * 2 * 10**9
    asked = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "input.value": f'{{"page": {trace}}}',
    }
    return [
        span(trace, 0, "support-agent", kind="agent", start_ns=start_ns),
        chat(trace, 1, f"question {trace}", parent=0, start_ns=start_ns),
        span(trace, 2, "search", parent=0, kind="tool", start_ns=start_ns, **({"attributes": asked} | more)),
    ]


def test_from_any_page_to_the_call_that_failed_by_keyboard(page: Page, service: Running) -> None:
    failing = {7: {"status": BROKE}, 3: {"status": BROKE}}
    send(service.url, [one for trace in range(1, 41) for one in a_run(trace, **failing.get(trace, {}))])
    page.goto("/overview")
    expect(page.locator(".leaders a").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/spans$"))
    expect(page.locator("a.row").first).to_contain_text("search")
    page.keyboard.press("/")
    page.keyboard.type("tool:search status:error")
    page.keyboard.press("Enter")
    rows = page.locator("a.row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("support-agent")
    expect(rows.first.locator(".out.bad")).to_have_text("Error: the index is gone")
    expect(page.locator(".list-end")).to_have_text("2 spans · end of list")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/trace/{3:032x}\?span={3:08x}{3:08x}"))
    expect(page.locator(".grid .selected .s-name")).to_have_text("search")
    expect(page.locator(".span-error")).to_contain_text("the index is gone")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/spans\?q=tool%3Asearch"))
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")


def test_what_is_looked_at_and_the_order_are_in_the_address(page: Page, service: Running) -> None:
    slow_ns = BEGAN_NS + 9 * 10**9
    slow = {"end_time_unix_nano": slow_ns, "attributes": {"output.value": "found at last"}}
    send(service.url, [*a_run(1), *a_run(2, **slow), *a_run(3)])
    page.goto("/spans")
    rows = page.locator("a.row")
    expect(rows).to_have_count(9)
    page.get_by_role("button", name="Tool calls").click()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Duration").click()
    expect(page).to_have_url(re.compile(r"\?q=kind%3Atool&sort=-duration_ms$"))
    expect(rows.first.locator(".c-dur b")).to_have_text("5.00 s")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.locator(".peek")).to_contain_text("found at last")
    page.keyboard.press("j")
    expect(page.locator(".peek h2")).to_have_text("search")
    expect(page.locator(".peek")).not_to_contain_text("found at last")
    page.reload()
    expect(page.locator(".peek h2")).to_have_text("search")
    page.keyboard.press("Escape")
    expect(page.locator(".peek")).to_have_count(0)


def test_a_query_of_traces_is_refused_at_its_character(page: Page, service: Running) -> None:
    send(service.url, a_run(1))
    page.goto("/spans?q=kind:tool spans>2")
    expect(page.locator(".query-error")).to_contain_text("spans is about the whole trace")
    page.goto("/spans?q=kind:retriever")
    expect(page.get_by_role("heading", name="No spans match")).to_be_visible()
    page.locator(".note-actions button").click()
    expect(page.locator("a.row")).to_have_count(3)


def test_no_spans_says_which_condition_removes_them(page: Page, service: Running) -> None:
    send(service.url, [one for trace in range(1, 5) for one in a_run(trace)])
    page.goto("/spans?q=kind:tool status:error&range=24h")
    expect(page.get_by_role("heading", name="No spans match")).to_be_visible()
    expect(page.locator(".ways-out li")).to_have_count(1)
    expect(page.locator(".ways-out")).to_contain_text("Without status:error there would be 4 spans")
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator("a.row")).to_have_count(4)
    page.goto("/spans?q=kind:tool&from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z")
    expect(page.locator(".ways-out")).to_contain_text("Across all time there are 4 spans")
    page.get_by_role("button", name="Show all time").click()
    expect(page.locator("a.row")).to_have_count(4)


def test_the_next_ones_come_while_scrolling(page: Page, service: Running) -> None:
    send(service.url, [one for trace in range(1, 61) for one in a_run(trace)])
    page.goto("/spans")
    for count in (50, 100, 150, 180):
        expect(page.locator("a.row")).to_have_count(count)
        page.locator(".list-end").scroll_into_view_if_needed()
    expect(page.locator(".list-end")).to_have_text("180 spans · end of list")


def test_a_search_that_stopped_says_how_far_back_it_looked_and_goes_on(
    page: Page,
    service: Running,
) -> None:
    send_giant(service.url, 6_000)
    page.goto("/spans?q=dur>100s")
    expect(page.locator(".list-end")).to_contain_text("Nothing yet; searched back to")
    page.get_by_role("button", name="Keep searching").click()
    nothing = page.get_by_role("heading", name="No spans match")
    expect(nothing).to_be_visible()
    with page.expect_response(re.compile(r"/ui-api/spans\?")) as asked:  # what has come since is asked for
        send(service.url, a_run(1))
    assert asked.value.ok
    page.wait_for_timeout(200)
    expect(nothing).to_be_visible()


def test_a_span_that_runs_has_taken_the_time_since_it_began(page: Page, service: Running) -> None:
    running = span(1, 0, "agent", kind="agent", start_ns=time.time_ns() - 90 * 10**9)
    send(service.url, [{**running, "end_time_unix_nano": None}])
    page.goto("/spans")
    expect(page.locator("a.row .c-dur")).to_contain_text(re.compile(r"1 m \d+ s"))
