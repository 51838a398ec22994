"""The pages walked by the keyboard alone: what each key reaches in each view, and that the help lists just those that work."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from running import Running
from waiting import http

from .browsing import chat, send, settled, span

TRACE = 1


def run(trace: int) -> list[dict[str, Any]]:
    """An agent that asks, searches twice, asks again, lets a helper work, and fails."""
    failed = {"status": {"code": "error", "message": "no such order"}}
    return [
        span(trace, 0, "support-agent", kind="agent"),
        chat(trace, 1, "where is order 42", parent=0),
        span(trace, 2, "search_orders", parent=0, kind="tool"),
        span(trace, 3, "search_orders", parent=0, kind="tool"),
        chat(trace, 4, "which carrier", parent=0),
        span(trace, 5, "helper", parent=0, kind="agent"),
        span(trace, 6, "track_parcel", parent=5, kind="tool", **failed),
    ]


@pytest.fixture
def sent(service: Running) -> str:
    send(service.url, run(TRACE))
    return f"/trace/{TRACE:032x}"


def focused(page: Page) -> str:
    """The text of what has the focus, on one line."""
    return str(page.evaluate("document.activeElement.innerText")).replace("\n", " ").strip()


def tab_to(page: Page, text: str) -> int:
    """Press Tab until the focus is where this text is; how often it was pressed."""
    for presses in range(1, 60):
        page.keyboard.press("Tab")
        if text in focused(page):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", f"nothing shows that the focus is at {text}"
            return presses
    raise AssertionError(f"Tab never came to {text}")


def test_the_arrows_choose_the_view_and_the_focus_stays_with_it(page: Page, sent: str) -> None:
    page.goto(sent)
    expect(page.locator(".grid .selected")).to_be_visible()
    tab_to(page, "Tree")
    for view, shown in (("Chat", ".chat-view"), ("Transcript", ".transcript"), ("Graph", ".flow-view"), ("Table", ".table-view"), ("Raw", ".raw-view")):  # fmt: skip
        page.keyboard.press("ArrowRight")
        expect(page.locator(shown)).to_be_visible()
        assert focused(page) == view
    page.keyboard.press("ArrowRight")
    expect(page.locator(".grid")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".raw-view")).to_be_visible()


def test_in_the_chat_the_keys_go_from_call_to_call(page: Page, sent: str) -> None:
    page.goto(f"{sent}?view=chat")
    shown = page.locator(".call[aria-current]")
    expect(shown).to_contain_text("WHERE IS ORDER 42")
    page.keyboard.press("j")
    expect(shown).to_contain_text("WHICH CARRIER")
    expect(page.locator(".pane .role-user")).to_contain_text("which carrier")
    page.keyboard.press("j")
    expect(shown).to_contain_text("WHICH CARRIER")
    page.keyboard.press("Home")
    expect(shown).to_contain_text("WHERE IS ORDER 42")
    tab_to(page, "WHERE IS ORDER 42")
    page.keyboard.press("ArrowDown")
    assert "WHICH CARRIER" in focused(page)
    page.keyboard.press("Enter")
    expect(shown).to_contain_text("WHICH CARRIER")
    expect(page.locator(".pane .role-user")).to_contain_text("which carrier")  # the pane has its tabs again
    assert tab_to(page, "Messages") < 8, "the calls are one Tab stop"


def test_in_the_table_the_keys_go_from_row_to_row(page: Page, sent: str) -> None:
    page.goto(f"{sent}?view=table&sort=calls")
    here = page.locator(".figures-table tr.here th").first
    expect(here).to_contain_text("support-agent")
    names = page.locator(".figures-table tbody th").all_inner_texts()
    assert "chat gpt-4o-mini" in names[0]
    assert "search_orders" in names[1]
    page.keyboard.press("Home")
    expect(here).to_contain_text("chat gpt-4o-mini")
    page.keyboard.press("j")
    expect(here).to_contain_text("search_orders")
    expect(page.locator(".pane h2")).to_have_text("search_orders")
    page.keyboard.press("k")
    expect(here).to_contain_text("chat gpt-4o-mini")
    tab_to(page, "Cost")
    page.keyboard.press("Tab")
    assert focused(page) == "chat gpt-4o-mini"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(here).to_contain_text("search_orders")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".grid .selected .s-name")).to_have_text("search_orders")
    expect(page).to_have_url(re.compile("pick=name%3Asearch_orders"))
    page.go_back()
    expect(page.locator(".figures-table [aria-sort=descending]")).to_contain_text("Calls")


def test_the_graph_is_one_stop_and_the_arrows_go_along_its_steps(page: Page, sent: str) -> None:
    page.goto(f"{sent}?view=graph")
    here = page.locator(".flow-node.here")
    expect(here).to_contain_text("support-agent")
    page.keyboard.press("j")
    expect(here).to_contain_text("chat gpt-4o-mini")
    expect(here).to_be_in_viewport()
    tab_to(page, "aggregated")
    page.keyboard.press("Tab")
    assert focused(page).startswith("chat gpt-4o-mini"), "Tab leads to the selected step"
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("helper"), "the next column"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("search_orders")
    page.keyboard.press("Enter")
    expect(here).to_contain_text("search_orders")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.flow-view')") is None


def test_in_the_transcript_and_raw_the_keys_pass_no_span(page: Page, sent: str) -> None:
    page.goto(f"{sent}?view=tree")
    expect(page.locator(".grid .selected")).to_be_visible()
    page.keyboard.press("[")  # what is folded in the tree is read all the same
    expect(page.locator(".grid-body [role=row]")).to_have_count(6)
    page.keyboard.press("3")
    page.keyboard.press("End")
    expect(page.locator(".line.here").first).to_contain_text("track_parcel")
    expect(page.locator(".line.here").last).to_contain_text("no such order")
    page.keyboard.press("6")
    opened = page.locator(".raw-view .fold-head[aria-expanded=true]")
    expect(opened).to_contain_text("track_parcel")
    page.keyboard.press("k")
    expect(opened).to_contain_text("helper")
    expect(opened).to_be_in_viewport()


def test_keys_of_the_timeline_change_nothing_where_there_is_none(page: Page, sent: str) -> None:
    page.goto(f"{sent}?view=table")
    expect(page).to_have_url(re.compile("span="))
    before = page.url
    for key in ("w", "s", "a", "d", "f", "z", "c", "l", "["):
        page.keyboard.press(key)
    assert page.url == before
    page.keyboard.press("1")
    expect(page.locator(".grid .selected")).to_be_visible()
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile("zoom="))


def test_a_copied_link_is_said(page: Page, sent: str) -> None:
    page.goto(sent)
    expect(page.locator(".grid .selected")).to_be_visible()
    page.keyboard.press("y")
    expect(page.locator(".notice")).to_have_text("Link copied")


NAMED = {
    "↓": "ArrowDown", "↑": "ArrowUp", "←": "ArrowLeft", "→": "ArrowRight", "Home": "Home", "End": "End",
    "PgUp": "PageUp", "PgDn": "PageDown", "Enter": "Enter", "Space": " ",
}  # fmt: skip
CANDIDATES = [*string.ascii_letters, *"123456=+-.,[]{}", *NAMED.values()]
PRESS = """key => {
  const press = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(press);
  return press.defaultPrevented;
}"""


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Traces"), ("/spans", "Spans"), ("/sessions", "Sessions"), ("/sessions?by=user", "Users"), ("/overview", "Overview"),
        ("/errors", "Errors"), ("/patterns", "Patterns"), ("/ingest?refused=true", "Ingest"), ("/settings", "Settings"),
        ("/session/s", "Session"),
    ],
)  # fmt: skip
def test_the_help_lists_the_keys_that_work_on_the_page_and_no_others(
    page: Page, service: Running, path: str, title: str
) -> None:
    who = {"session.id": "s", "user.id": "u"}
    for trace in (1, 2):
        began, *steps = run(trace)
        send(service.url, [{**began, "attributes": who}, *steps])
    http.post(f"{service.url}/api/spans", json={"spans": [{"trace_id": "none"}]}).raise_for_status()
    page.goto(path)
    settled(page)
    page.keyboard.press("?")
    places = page.locator(".help h3").all_inner_texts()
    assert places[0] == "Everywhere"
    assert title in places
    assert len(places) <= 6, "the keys of other pages are not of use here"
    ours = page.locator(".help section", has=page.get_by_role("heading", name=title, exact=True))
    listed = {NAMED.get(key, key) for key in ours.locator("kbd").all_inner_texts()} - {"Drag", "Esc"}
    page.keyboard.press("Escape")
    worked = set()
    for key in CANDIDATES:
        page.evaluate(PRESS, "End")  # some row is selected
        before = page.url
        if page.evaluate(PRESS, key):
            worked.add(key)
        if key in worked and (page.url != before or key not in "jkxyY"):
            page.goto(path)
            settled(page)
    assert worked == listed


def send_many(url: str) -> None:
    """Twelve runs, each with its own user, model, number of tools and failure."""
    for trace in range(1, 13):
        began, *steps = run(trace)
        call = chat(trace, 7, "more", parent=0)
        call["attributes"]["gen_ai.request.model"] = f"house-{trace}"
        failed = {"status": {"code": "error", "message": "cold" + "x" * trace}}
        tools = [span(trace, 8 + n, f"tool {n}", parent=0, kind="tool", **failed) for n in range(trace)]
        send(url, [{**began, "attributes": {"user.id": f"u{trace}"}}, *steps, call, *tools])


def stops(table: Locator) -> int:
    """How many stops Tab makes among the rows of a table."""
    parts = table.locator("tbody").locator("a[href], button, [tabindex]")
    return int(parts.evaluate_all("all => all.filter(({ tabIndex }) => tabIndex >= 0).length"))


@pytest.mark.parametrize(
    ("path", "stops_max"),
    [("/sessions?by=user", 7), ("/errors", 4), ("/patterns", 9), ("/ingest", 4), ("/settings", 3), ("/overview", 7)],
)  # fmt: skip
def test_each_table_is_one_row_for_tab_however_long_it_is(
    page: Page, service: Running, path: str, stops_max: int
) -> None:
    send_many(service.url)
    page.goto(path)
    settled(page)
    tables = page.locator("#page table:has([data-row])")
    assert max(stops(table) for table in tables.all()) <= stops_max
    first, second = (tables.locator("[data-row]").nth(n) for n in (0, 1))
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(second).to_be_focused()
    expect(first).to_have_attribute("tabindex", "-1")
    assert max(stops(table) for table in tables.all()) <= stops_max
    page.get_by_role("link", name="Skip to content").press("Enter")
    assert page.evaluate("document.activeElement.matches('[data-row], .tiles a')")


def test_tab_goes_through_one_row_and_on_and_comes_back_to_it(page: Page, service: Running) -> None:
    send_many(service.url)
    page.goto("/patterns")
    settled(page)
    rows = page.locator("tr[data-row]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    for _ in range(9):  # its eight links, and what follows
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('table')") is None
    page.keyboard.press("Shift+Tab")
    expect(rows.nth(1).locator("[data-example]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(2)).to_be_focused()


def test_comparing_from_the_fields_to_the_call_and_back(page: Page, service: Running) -> None:
    send(service.url, run(1))
    other = run(2)
    other[4]["attributes"]["gen_ai.input.messages"] = json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": "which driver"}]}]
    )
    send(service.url, other)
    page.goto("/compare")
    expect(page.get_by_role("heading", name="Compare two traces")).to_be_visible()
    page.get_by_label("Side A").focus()
    page.keyboard.type(f"{1:032x}")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{2:032x}")
    page.keyboard.press("Tab")
    assert focused(page) == "Compare"
    page.keyboard.press("Enter")
    here = page.locator(".pair.here")
    expect(here).to_have_class(re.compile("parts"))
    tab_to(page, "First divergence")
    tab_to(page, "only differences")
    page.keyboard.press("Space")
    expect(page.locator(".grid-body .pair")).to_have_count(2)
    page.keyboard.press("Home")
    expect(here).to_contain_text("support-agent")
    page.keyboard.press("j")
    expect(here).to_contain_text("chat")
    expect(here.locator(".p-name").last).to_have_attribute("title", re.compile("differs: input"))
    page.keyboard.press("y")
    expect(page.locator(".notice")).to_have_text("Link copied")
    page.keyboard.press("Enter")
    expect(page.locator(".grid .selected .s-name")).to_have_text("chat gpt-4o-mini")
    expect(page.locator(".pane .role-user")).to_contain_text("which driver")
    page.keyboard.press("Escape")
    expect(here).to_contain_text("chat")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Swap A and B")
    assert page.locator(".help h3").all_inner_texts()[:3] == ["Everywhere", "Query box", "Compare"]
