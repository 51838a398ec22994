"""Comparing in a real browser: yesterday's good run with today's bad one, by the keyboard, to where they first part."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from playwright.sync_api import Page, expect
from running import Running

from .browsing import chat, send, send_giant, span
from .test_conversation import says

DAY_NS = 86_400 * 10**9
GOOD, BAD = 1, 2
HOSTILE = "<img src=x onerror=alert(1)>"


def call(trace: int, number: int, asked: list[dict[str, Any]], answer: str, **fields: Any) -> dict[str, Any]:
    """A model call with these messages."""
    made = chat(trace, number, "x", parent=0, **fields)
    made["attributes"] |= {
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": json.dumps([says("assistant", answer)]),
    }
    return made


def run(trace: int, start_ns: int, instruction: str, is_good: bool) -> list[dict[str, Any]]:
    """An agent that plans, searches and answers; a bad one searches once more and fails."""
    plan = [says("user", "Where is order 42?")]
    write = [
        says("system", f"You are the support of a shop. {instruction}"),
        *plan,
        says("assistant", "I look."),
    ]
    failed = {} if is_good else {"status": {"code": "error", "message": "429 Too Many Requests"}}
    spans = [
        span(trace, 0, "support-agent", kind="agent", start_ns=start_ns, **failed),
        call(trace, 1, plan, "I look.", start_ns=start_ns),
        span(trace, 2, "search_orders", parent=0, kind="tool", start_ns=start_ns),
        call(trace, 4, write, "It comes tomorrow." if is_good else "", start_ns=start_ns, **failed),
    ]
    if not is_good:
        spans.append(span(trace, 3, "search_web", parent=0, kind="tool", start_ns=start_ns))
    return spans


def send_both(url: str) -> None:
    now = time.time_ns()
    send(url, run(GOOD, now - DAY_NS, "Answer in one short sentence.", is_good=True))
    send(url, run(BAD, now - 10**10, f"Answer at length {HOSTILE}.", is_good=False))


def test_yesterdays_good_run_and_todays_bad_one_part_where_the_prompt_was_changed(
    page: Page,
    service: Running,
) -> None:
    send_both(service.url)
    page.goto("/")
    expect(page.locator("a.row")).to_have_count(2)
    for key in ("j", "x", "j", "x", "="):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(rf"/compare\?a={GOOD:032x}&b={BAD:032x}&at={GOOD:08x}{5:08x}$"))
    here = page.locator(".pair.here")
    expect(here).to_have_class(re.compile("parts"))
    expect(here).to_contain_text("input")
    expect(page.locator(".divergence")).to_contain_text("with a different input")
    pane = page.get_by_role("region", name="Difference")
    expect(pane.locator(".word-diff del").first).to_contain_text("in")
    expect(pane.locator(".word-diff ins").first).to_contain_text("length")
    expect(pane).to_contain_text(HOSTILE)
    expect(pane.locator(".span-error")).to_contain_text("429")
    expect(page.locator(".c-only_b")).to_contain_text("search_web")
    expect(page.locator(".deltas .fact", has_text="Errors")).to_contain_text("0 → 2")
    page.keyboard.press("Shift+N")
    expect(here).to_contain_text("search_web")
    expect(pane).to_contain_text("Only B has this span")
    page.keyboard.press("d")
    expect(here).to_have_class(re.compile("parts"))
    page.keyboard.press("o")
    expect(page.locator(".grid-body .pair")).to_have_count(3)
    page.reload()
    expect(page.locator(".grid-body .pair")).to_have_count(3)
    expect(here).to_have_class(re.compile("parts"))
    page.keyboard.press("b")
    expect(page.locator(".grid .selected .s-name")).to_have_text("chat gpt-4o-mini")
    page.keyboard.press("Escape")
    expect(here).to_have_class(re.compile("parts"))


def test_two_calls_are_chosen_on_the_pages_of_their_traces(page: Page, service: Running) -> None:
    send_both(service.url)
    page.goto(f"/trace/{GOOD:032x}?span={GOOD:08x}{5:08x}&view=tree")
    expect(page.locator(".grid .selected")).to_be_visible()
    page.keyboard.press("+")
    expect(page.locator(".span-head .compare-button")).to_have_text("⇄ Pick another")
    page.goto(f"/trace/{BAD:032x}?span={BAD:08x}{5:08x}&view=tree")
    expect(page.locator(".span-head .compare-button")).to_contain_text("with chat gpt-4o-mini")
    page.keyboard.press("Control+k")
    page.keyboard.type("compare the selected")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"a={GOOD:032x}/{GOOD:08x}{5:08x}&b={BAD:032x}/{BAD:08x}{5:08x}"))
    expect(page.locator(".pair.here")).to_contain_text("chat")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(rf"a={BAD:032x}/{BAD:08x}{5:08x}&b={GOOD:032x}"))


def test_on_a_phone_the_names_of_the_spans_can_be_read(page: Page, service: Running) -> None:
    send_both(service.url)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/compare?a={GOOD:032x}&b={BAD:032x}")
    box = page.locator(".pair.here .p-name").first.bounding_box()
    assert box is not None
    assert box["width"] > 100
    expect(page.locator(".pair.here .num").last).to_be_hidden()


def test_two_of_the_latest_traces_are_picked(page: Page, service: Running) -> None:
    send_both(service.url)
    page.goto("/compare")
    latest = page.get_by_role("region", name="Latest traces").get_by_role("button")
    expect(latest).to_have_count(2)
    bad, good = latest.all()
    bad.press("Enter")
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Side A")).to_have_value(f"{BAD:032x}")
    bad.press("Enter")
    expect(page.get_by_label("Side A")).to_have_value("")
    good.press("Enter")
    bad.press("Enter")
    expect(page).to_have_url(re.compile(f"a={GOOD:032x}&b={BAD:032x}"))
    expect(page.locator(".compare-grid")).to_be_visible()


def test_what_cannot_be_compared_says_so(page: Page, service: Running) -> None:
    send_both(service.url)
    good, bad, none = (f"{number:032x}" for number in (GOOD, BAD, 99))
    page.goto("/compare")
    expect(page.get_by_role("heading", name="Compare two traces")).to_be_visible()
    page.goto(f"/compare?a={good}")
    expect(page.locator(".page")).to_contain_text("Side B is missing")
    page.goto(f"/compare?a={good}&b={good}")
    expect(page.get_by_role("heading", name="Both sides are the same")).to_be_visible()
    page.goto(f"/compare?a={good}&b={bad}/{BAD:08x}{5:08x}")
    expect(page.locator(".page")).to_contain_text("One is a trace and the other a span")
    page.goto(f"/compare?a={good}&b={none}")
    expect(page.get_by_role("heading", name="One of the two does not exist")).to_be_visible()
    page.get_by_label("Side B").fill("nonsense")
    expect(page.locator(".pick-sides")).to_contain_text("not a trace id or the address of a trace")
    page.get_by_label("Side B").fill(f"{page.url.split('/compare')[0]}/trace/{bad}?view=chat")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".pair.here")).to_be_visible()


def test_five_thousand_rows_are_few_in_the_page(page: Page, service: Running) -> None:
    send_giant(service.url, 5_000, trace=1)
    send_giant(service.url, 5_000, trace=2)
    page.goto(f"/compare?a={1:032x}&b={2:032x}")
    expect(page.locator(".compare-grid")).to_have_attribute("aria-rowcount", "5000")
    page.keyboard.press("End")
    expect(page.locator(".pair.here")).to_be_in_viewport()
    assert page.locator(".pair").count() < 100
    expect(page.locator(".compare-tools")).to_contain_text("No difference")
