"""The page of a trace in a real browser: zoom, idle time, runs, find, views, all by keyboard and all in the address."""

from __future__ import annotations

import math
import re
import time
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from running import Running

from .browsing import Span, chat, send, span

SECOND = 1_000_000_000


@pytest.fixture
def service(service: Running) -> Running:
    """With one trace."""
    send(service.url, long_run(1))
    return service


def long_run(trace: int) -> list[Span]:
    """An agent that worked 2 s, waited 96 s for a person, and worked 2 s again: 37 searches in the first stretch."""
    began = time.time_ns() - 200 * SECOND

    def at(from_s: float, to_s: float) -> dict[str, int]:
        return {
            "start_time_unix_nano": began + int(from_s * SECOND),
            "end_time_unix_nano": began + int(to_s * SECOND),
        }

    spans = [
        span(trace, 0, "agent", kind="agent", **at(0, 100)),
        chat(trace, 1, "plan it", parent=0, **at(0, 1)),
    ]
    spans += [
        span(trace, n, "search", parent=0, kind="tool", **at(1 + n * 0.01, 1.01 + n * 0.01))
        for n in range(2, 39)
    ]
    error = {"code": "error", "message": "card refused"}
    spans.append(span(trace, 40, "charge_card", parent=0, kind="tool", status=error, **at(98, 99)))
    spans.append(chat(trace, 41, "it broke", parent=0, **at(99, 100)))
    return spans


def open_trace(page: Page, search: str = "") -> None:
    page.goto(f"/trace/{1:032x}{search}")
    expect(page.locator(".grid .selected")).to_be_visible()


def test_thirty_seven_like_spans_are_one_row_until_one_of_them_is_asked_for(page: Page) -> None:
    open_trace(page)
    run = page.locator(".run-row")
    expect(run.locator(".count")).to_have_text("×37")
    expect(page.locator(".grid-body [role=row]")).to_have_count(5)
    for _ in range(2):
        page.keyboard.press("j")
    expect(page.locator(".run-row.selected")).to_be_visible()
    page.keyboard.press("l")
    expect(run).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("h")
    expect(run).to_have_attribute("aria-expanded", "false")


def test_a_run_is_open_where_all_rows_fit_and_its_spans_say_what_they_did(
    page: Page, service: Running
) -> None:
    asked = [{"gen_ai.tool.call.arguments": f'{{"q": "order {n}"}}'} for n in range(5)]
    searches = [span(4, n + 1, "search", parent=0, kind="tool", attributes=of) for n, of in enumerate(asked)]
    send(service.url, [span(4, 0, "agent", kind="agent"), *searches])
    page.goto(f"/trace/{4:032x}")
    expect(page.locator(".run-row")).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".grid-body .s-name")).to_have_text(
        ["agent", "search", *(f"order {n}" for n in range(5))]
    )


def test_a_search_of_which_nothing_is_in_sight_moves_its_first_match_there(
    page: Page, service: Running
) -> None:
    steps = [span(5, n, f"step {n}", parent=0 if n else None) for n in range(60)]
    send(service.url, steps)
    page.goto(f"/trace/{5:032x}")
    expect(page.locator(".grid .selected")).to_be_in_viewport()
    page.keyboard.press("/")
    page.keyboard.type("step 55")
    expect(page.locator(".s-name.found")).to_be_in_viewport()
    expect(page.locator(".grid .selected")).to_have_count(0)  # what is selected stays so


def test_idle_time_is_offered_to_be_cut_and_the_address_remembers(page: Page) -> None:
    open_trace(page)
    bar = page.locator(".span-row", has_text="charge_card").locator(".bar")
    narrow = bar.bounding_box()
    assert narrow is not None
    expect(page.locator(".idle-offer")).to_contain_text("97 % idle")
    expect(page.locator(".trace-tools .pick")).to_have_count(4)
    on_one_line(page)
    page.keyboard.press("z")
    expect(page.locator(".cut")).to_have_count(1)
    wide = bar.bounding_box()
    assert wide is not None
    assert wide["width"] > 10 * narrow["width"]
    expect(page).to_have_url(re.compile("gaps=cut"))
    page.reload()
    expect(page.locator(".cut")).to_have_count(1)


def test_zoom_keeps_the_point_under_the_pointer(page: Page) -> None:
    # Where the timeline is narrow, the least that is drawn of this short bar is moved to fit.
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_trace(page)
    ruler = page.locator(".g-ruler").bounding_box()
    bar = page.locator(".span-row", has_text="charge_card").locator(".bar")
    before = bar.bounding_box()
    assert ruler is not None
    assert before is not None
    # The pointer stands on a whole pixel; what is beside it moves away from it.
    pointer = int(before["x"])
    x = pointer + (before["x"] - pointer) * math.exp(400 * 0.0022)
    page.mouse.move(pointer, before["y"] + 4)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    expect(page.locator(".mini-window")).to_be_visible()
    after = bar.bounding_box()
    assert after is not None
    assert after["width"] > before["width"]
    assert abs(after["x"] - x) <= 1
    page.keyboard.press("f")
    page.keyboard.press("f")
    expect(page.locator(".mini-window")).to_have_count(0)


def on_one_line(page: Page) -> None:
    tools = page.locator(".trace-tools").bounding_box()
    assert tools is not None
    assert tools["height"] < 45, "the tools stand on one line"


def test_a_row_says_what_was_answered_or_why_it_failed_since_the_names_are_the_same(page: Page) -> None:
    open_trace(page)
    expect(page.locator(".row-preview")).to_have_text(["PLAN IT", "card refused", "IT BROKE"])
    page.keyboard.press("2")
    expect(page.locator(".call > i")).to_have_text(["PLAN IT", "IT BROKE"])


def test_no_duration_leaves_its_column(page: Page) -> None:
    open_trace(page, f"?span={1:08x}{1:08x}")
    head = page.locator(".grid-head .g-num").last
    right = "(cell) => { const text = document.createRange(); text.selectNodeContents(cell); return text.getBoundingClientRect().right; }"
    ends = page.locator(".grid-body .g-num:nth-child(4)").evaluate_all(f"(cells) => cells.map({right})")
    assert len(ends) == 5
    assert {round(end) for end in ends} == {round(head.evaluate(right))}


def test_at_1280_a_row_says_its_cost_and_a_graph_of_five_ranks_is_seen_whole(
    page: Page, service: Running
) -> None:
    began = time.time_ns() - 100 * SECOND
    names = ("plan the journey", "look up trains", "compare prices", "book a seat")
    steps = [
        span(2, n, name, parent=0, start_time_unix_nano=began + n * SECOND, end_time_unix_nano=began + (n + 1) * SECOND - 1)
        for n, name in enumerate(names[1:], 1)
    ]  # fmt: skip
    agent = span(2, 0, names[0], start_time_unix_nano=began, end_time_unix_nano=began + 9 * SECOND)
    send(service.url, [agent, *steps, chat(2, 9, "answer", parent=0, start_ns=began)])
    page.goto(f"/trace/{2:032x}?view=tree")
    expect(page.locator(".grid-head").get_by_text("Cost")).to_be_visible()
    page.keyboard.press("4")
    expect(page.locator(".flow-node")).to_have_count(5)
    scrolled = page.locator(".flow-scroll").evaluate("(box) => box.scrollWidth - box.clientWidth")
    assert scrolled == 0


def test_figures_that_no_span_has_take_no_room_and_tokens_give_way_to_the_timeline(
    page: Page, service: Running
) -> None:
    send(service.url, [span(2, 0, "agent", kind="agent"), span(2, 1, "search", parent=0, kind="tool")])
    open_trace(page)
    figures = page.locator(".grid-head .g-num:visible")
    expect(figures).to_have_text(["Cost", "Duration"])
    page.set_viewport_size({"width": 1920, "height": 1080})
    expect(figures).to_have_text(["Tokens", "Cost", "Duration"])
    page.goto(f"/trace/{2:032x}")
    expect(figures).to_have_text(["Duration"])
    expect(page.locator(".facts dt")).to_have_text(["Duration", "Spans", "Started", "Id"])


def test_a_call_that_was_refused_used_nothing(page: Page, service: Running) -> None:
    zeros = {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0, "gen_ai.operation.name": "chat"}
    refused = {"code": "error", "message": "Error code: 429 - {'error': {'message': 'Slow down'}}"}
    of = {"gen_ai.request.model": "gpt-4o-mini", "session.id": "refused talk", "user.id": "bob"}
    call = {"kind": "llm", "status": refused, "attributes": {**of, **zeros}}
    send(
        service.url,
        [
            span(2, 0, "agent", kind="agent", status=refused),
            *(span(2, n, "chat", parent=0, **call) for n in (1, 2)),
        ],
    )
    page.goto(f"/trace/{2:032x}?view=tree")
    expect(page.locator(".fact", has_text="Tokens")).to_contain_text("–")
    expect(page.locator(".fact", has_text="Cost")).to_contain_text("–")
    expect(page.locator(".row-why")).to_have_text(["429 - Slow down"] * 2)
    expect(page.locator(".span-facts")).not_to_contain_text("$0")
    page.goto("/?q=status:error")
    expect(page.locator("a.row > .num:nth-last-child(-n+3)")).to_have_text(["–", "–", re.compile("ago")])
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.locator(".peek")).to_contain_text("Duration")
    expect(page.locator(".peek")).not_to_contain_text("$0")
    page.goto("/spans?q=kind:llm status:error")
    expect(page.locator("a.row").first).to_contain_text("–")
    expect(page.locator("a.row", has_text="$0")).to_have_count(0)
    for path in ("/sessions", "/sessions?by=user"):
        page.goto(path)
        expect(page.locator("[data-row], a.row")).to_have_count(1)
        expect(page.locator("[data-row], a.row")).not_to_contain_text("$0")
    for path in ("/overview?q=status:error", "/patterns?q=status:error"):
        page.goto(path)
        figures = page.locator(":is(.by-value, .patterns) [data-row]")
        expect(figures).to_have_count(1)
        expect(figures).not_to_contain_text("$0")
        expect(figures.locator("td:has(a[href*='sort=-tokens'])")).to_have_text("–")
    page.goto("/overview?q=status:error")
    expect(page.locator(".tile-value")).to_have_text(["1", "1", re.compile("s$"), re.compile("s$"), "–", "–"])
    page.goto("/session/refused%20talk?steps=on")
    expect(page.locator(".turn-figures")).to_have_text(re.compile("s$"))
    expect(page.locator(".strip-bars i")).to_have_attribute("title", re.compile("^Turn 1: [^$]*s$"))
    expect(page.locator(".session-page")).not_to_contain_text("$0")


def test_a_link_to_a_span_that_is_not_here_says_so(page: Page, service: Running) -> None:
    page.goto(f"/trace/{1:032x}?span={99:016x}")
    told = page.locator(".absent")
    expect(told).to_contain_text(f"{99:016x}")
    expect(page.locator(".selected .s-name")).to_have_text("agent")
    page.keyboard.press("j")
    expect(told).to_have_count(0)
    page.goto(f"/trace/{1:032x}?span={99:016x}")
    expect(told).to_be_visible()
    send(service.url, [span(1, 50, "late", parent=0, span_id=f"{99:016x}")])
    expect(page.locator(".selected .s-name")).to_have_text("late")  # it had not come yet
    expect(told).to_have_count(0)


def test_on_a_phone_there_is_room_for_the_tree_and_for_what_was_said(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/trace/{1:032x}?view=tree")
    for part in (".grid", ".pane-body"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["height"] > 180, part
    expect(page.locator(".minimap")).to_be_hidden()
    expect(page.locator(".facts dt:visible").last).to_have_text("Started")


def test_find_counts_its_matches_and_leaves_out_the_rest_where_wanted(page: Page) -> None:
    open_trace(page)
    page.keyboard.press("/")
    page.keyboard.type("it broke")
    page.keyboard.press("Enter")
    expect(page.locator(".find-count")).to_contain_text("1 of 1")
    expect(page.locator(".idle-offer")).to_have_text("97 % idle")
    on_one_line(page)
    expect(page.locator(".grid .selected .s-name")).to_have_text("chat gpt-4o-mini")
    expect(page.locator(".row-hit")).to_contain_text("it broke")
    expect(page.locator(".span-row.dimmed")).not_to_have_count(0)
    page.get_by_role("radio", name="hide").click()
    expect(page.locator(".grid-body [role=row]")).to_have_count(2)
    page.get_by_role("radio", name="only").click()
    expect(page.locator(".grid-body [role=row]")).to_have_count(1)
    page.reload()
    expect(page.locator(".grid-body [role=row]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".grid-body [role=row]")).to_have_count(5)


def test_the_views_share_one_selection_and_back_undoes_a_change_of_view(page: Page) -> None:
    open_trace(page)
    page.keyboard.press("e")
    expect(page.locator(".grid .selected .s-name")).to_have_text("charge_card")
    page.keyboard.press("5")
    expect(page.locator(".figures-table tr.here")).to_contain_text("charge_card")
    page.keyboard.press("4")
    expect(page.locator(".flow-node.here")).to_contain_text("charge_card")
    page.keyboard.press("6")
    expect(page.locator(".raw-view .fold-head[aria-expanded=true]")).to_contain_text("charge_card")
    page.go_back()
    page.go_back()
    expect(page.locator(".figures-table")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator(".grid .selected .s-name")).to_have_text("charge_card")


def test_what_was_waited_for_adds_up(page: Page) -> None:
    open_trace(page)
    shares = page.locator(".wait b").all_inner_texts()
    assert sum(int(share.split()[0].lstrip(">")) for share in shares) in (99, 100, 101)
    page.keyboard.press("c")
    expect(page.locator(".bar-path")).not_to_have_count(0)


def test_a_stretch_of_the_timeline_is_summed_up(page: Page) -> None:
    open_trace(page)
    box = page.locator(".g-ruler").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.999, box["y"] + 62, steps=4)
    page.mouse.up()
    expect(page.locator(".area")).to_be_visible()
    page.keyboard.press("5")
    expect(page.locator(".figures-table tbody tr")).to_have_count(3)  # the agent, the card, the last call


def test_with_forced_colours_bars_are_drawn_and_the_selection_is_seen(
    browser: Browser, site: Running
) -> None:
    drawn = []
    choices: tuple[Literal["none", "active"], ...] = ("none", "active")
    for colours in choices:
        context = browser.new_context(base_url=site.url, forced_colors=colours)
        page = context.new_page()
        page.goto(f"/trace/{1:032x}")
        expect(page.locator(".grid .selected")).to_be_visible()
        drawn.append(page.locator(".bar").first.evaluate("bar => getComputedStyle(bar).backgroundColor"))
        outline = page.locator(".grid .selected").evaluate("row => getComputedStyle(row).outlineStyle")
        assert outline == ("solid" if colours == "active" else "none")
        context.close()
    assert drawn[0] == drawn[1]
