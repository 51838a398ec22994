"""Hints and scores on the page of a trace."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, Route, expect
from running import Running

from .browsing import chat, send, settled, span


def again_and_again(trace: int) -> list[dict[str, Any]]:
    """An agent that asks a tool the same thing three times."""
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.tool.call.arguments": json.dumps({"q": "order 42"}),
        "gen_ai.tool.call.result": "nothing found",
    }
    searches = [span(trace, n, "search", parent=0, kind="tool", attributes=tool) for n in (2, 4, 6)]
    return [span(trace, 0, "agent", kind="agent"), chat(trace, 1, "find it", parent=0), *searches]


def test_a_hint_leads_to_the_spans_that_show_it(page: Page, service: Running) -> None:
    send(service.url, again_and_again(1))
    page.goto(f"/trace/{1:032x}?view=transcript")
    hints = page.get_by_role("region", name="Hints")
    hints.get_by_role("button", name="hint").click()
    expect(hints.locator("li").first).to_contain_text("search")
    hints.locator("li").first.get_by_role("button").click()
    expect(page.locator(".grid .selected .s-name")).to_have_text("search")
    expect(page).to_have_url(re.compile("pick=span"))
    expect(page.locator(".trace-tools .pick[aria-pressed=true]").first).to_contain_text("marked span")
    expect(page.locator(".pane .span-hint")).to_contain_text(
        "search was called 3 times with the same arguments"
    )
    page.go_back()
    expect(page.locator(".transcript")).to_be_visible()


def test_the_spans_of_the_only_hint_are_one_click_away(page: Page, service: Running) -> None:
    send(service.url, again_and_again(1))
    page.goto(f"/trace/{1:032x}")
    hints = page.get_by_role("region", name="Hints")
    expect(hints).to_contain_text("1 hint")
    hints.get_by_role("button", name="3 spans").click()
    expect(page.locator(".grid .selected .s-name")).to_have_text("search")
    hints.get_by_role("button", name="3 spans").click()
    expect(page).not_to_have_url(re.compile("pick="))


SHIFTS = """
    window.shifts = [];
    const told = (list) => list.getEntries().forEach(({ sources }) => shifts.push(...sources.map(({ node }) => node?.className)));
    new PerformanceObserver(told).observe({ type: "layout-shift", buffered: true });
"""


def test_hints_come_with_the_trace_and_move_nothing(page: Page, service: Running) -> None:
    send(service.url, again_and_again(1))
    page.add_init_script(SHIFTS)
    skeleton, held = re.compile("/skeleton$"), list[Route]()
    page.route(skeleton, lambda route: held.append(route))
    with page.expect_response(re.compile("/hints$")) as hints:
        page.goto(f"/trace/{1:032x}")
    hints.value.finished()
    for route in held:
        route.continue_()
    page.unroute(skeleton)
    expect(page.get_by_role("region", name="Hints")).to_be_visible()
    settled(page)
    assert "split" not in page.evaluate("shifts")


def test_a_clean_trace_has_no_hints(page: Page, service: Running) -> None:
    send(service.url, [chat(1, 0, "hello")])
    with page.expect_response(re.compile("/hints$")) as asked:
        page.goto(f"/trace/{1:032x}")
    assert asked.value.json()["hints"] == []
    expect(page.locator(".answers h1")).to_be_visible()
    expect(page.get_by_role("region", name="Hints")).to_have_count(0)


def test_scores_stand_with_what_they_judge(page: Page, service: Running) -> None:
    judged = chat(1, 0, "hello")
    for prefix, name, score in (
        ("", "helpful", 0.25),
        ("trace.", "solved", 1.0),
        ("session.", "polite", 0.75),
    ):
        annotation = f"{prefix}annotations.0.annotation"
        judged["attributes"] |= {f"{annotation}.name": name, f"{annotation}.score": score}
    judged["attributes"] |= {"session.id": "s"}
    send(service.url, [judged])
    page.goto(f"/trace/{1:032x}?view=tree")
    expect(page.locator(".answers .score-chip")).to_contain_text(["helpful 0.25", "solved 1", "polite 0.75"])
    expect(page.locator(".pane .scores")).to_contain_text("helpful")
    page.goto("/session/s")
    expect(page.locator(".answers .score-chip")).to_have_text(["polite 0.75"])
    expect(page.locator(".turn-rail .score-chip")).to_have_text(["helpful 0.25", "solved 1"])
