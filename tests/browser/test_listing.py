"""The list of traces in a real browser: narrowing down, looking closer, keeping views, following what arrives."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect
from running import Running, free_port, start_service, stopping
from waiting import http

from .browsing import chat, dashboard, send, settled, span

HOUR_NS = 3_600_000_000_000
TRACE = f"/trace/{1:032x}"


@pytest.fixture
def viewport() -> ViewportSize:
    """Room for the facets beside the rows."""
    return {"width": 1440, "height": 900}


def rows(page: Page, count: int) -> None:
    expect(page.locator("a.row")).to_have_count(count)


def search(page: Page, text: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def agent(trace: int, *, hours_ago: float, calls: int = 1, fails: bool = False) -> list[dict[str, Any]]:
    """A run of an agent some time ago: model calls, and a tool that may break."""
    at = time.time_ns() - int(hours_ago * HOUR_NS)
    error: dict[str, Any] = {"status": {"code": "error", "message": "no such order"}} if fails else {}
    return [
        span(
            trace,
            0,
            "support-agent",
            kind="agent",
            start_ns=at,
            attributes={"gen_ai.agent.name": "support-agent"},
            **error,
        ),
        *(chat(trace, n, "where is order 42", parent=0, start_ns=at) for n in range(1, calls + 1)),
        span(
            trace,
            calls + 1,
            "refund",
            kind="tool",
            parent=0,
            start_ns=at,
            attributes={"gen_ai.tool.name": "refund"},
            **error,
        ),
    ]


def test_the_failed_run_of_an_hour_ago_and_the_tool_call_that_broke_it(page: Page, service: Running) -> None:
    send(service.url, [one for n in range(2, 9) for one in agent(n, hours_ago=n / 4)])
    send(service.url, agent(1, hours_ago=1, fails=True))
    send(service.url, agent(20, hours_ago=30, fails=True))
    page.goto("/?range=24h")
    rows(page, 8)
    search(page, "status:error")
    rows(page, 1)
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.locator(".peek .peek-error")).to_contain_text("no such order")
    page.keyboard.press("Enter")
    expect(page.locator(".grid .selected .s-name")).to_have_text("refund")


def test_why_one_run_cost_ten_times_the_others(page: Page, service: Running) -> None:
    send(service.url, [one for n in range(1, 7) for one in agent(n, hours_ago=1)])
    send(service.url, agent(7, hours_ago=2, calls=12))
    page.goto("/")
    rows(page, 7)
    page.keyboard.press("Control+k")
    page.keyboard.type("all tr")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cost", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("sort=-cost"))
    expect(page.locator("a.row").first).to_have_id(f"t-{7:032x}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".grid-body")).to_contain_text("chat gpt-4o-mini")
    expect(page.locator(".grid-body")).to_contain_text("12")  # twelve calls in one row


def test_facets_and_the_query_are_one(page: Page, service: Running) -> None:
    send(service.url, [one for n in range(1, 4) for one in agent(n, hours_ago=1, fails=n == 1)])
    send(service.url, [chat(9, 0, "alone")])
    page.goto("/")
    rows(page, 4)
    status = page.locator(".facet", has=page.get_by_role("button", name=re.compile("^.?status")))
    error = status.get_by_role("button", name=re.compile("^error"))
    expect(error).to_contain_text("1")
    error.click()
    rows(page, 1)
    expect(page.get_by_label("Query", exact=True)).to_have_value("status:error")
    expect(page).to_have_url(re.compile(r"q=status%3Aerror"))
    error.click()
    rows(page, 4)
    status.get_by_role("button", name=re.compile("^error")).click(modifiers=["Alt"])
    rows(page, 3)
    expect(page.get_by_label("Query", exact=True)).to_have_value("-status:error")
    page.get_by_role("button", name="Remove -status:error").click()
    rows(page, 4)
    settled(page)
    for value in page.locator(".value").all():
        name, n = value.locator("button").first.get_attribute("title"), value.locator("b").inner_text()
        assert name
        found = http.get(f"{service.url}/api/traces", params={"q": name.splitlines()[0]}).json()
        assert found["count"] == int(n), name


def test_who_takes_conditions_away_by_key_goes_on_to_the_next_one(page: Page, service: Running) -> None:
    send(service.url, [one for n in range(1, 4) for one in agent(n, hours_ago=1, fails=n == 1)])
    page.goto("/?q=status:error user:nobody kind:tool")
    here = page.locator(":focus")
    page.get_by_role("button", name="Remove user:nobody").focus()
    for left in ("Remove kind:tool", "Remove status:error"):
        page.keyboard.press("Enter")
        expect(here).to_have_accessible_name(left)
    page.keyboard.press("Enter")
    rows(page, 3)
    expect(here).to_have_accessible_name("Query")
    expect(here).to_have_value("")


def test_the_facets_are_one_tab_stop(page: Page, service: Running) -> None:
    send(service.url, [one for n in range(1, 4) for one in agent(n, hours_ago=1, fails=n == 1)])
    page.goto("/")
    rows(page, 3)
    here = page.locator(":focus")
    page.get_by_role("button", name="Facets").focus()
    while not here.evaluate("(e) => Boolean(e.closest('.facets'))"):
        page.keyboard.press("Tab")
    expect(here).to_have_text(re.compile("status"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(here).to_have_text(re.compile("^error"))
    page.keyboard.press("Enter")
    rows(page, 1)
    expect(here).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    rows(page, 3)
    page.keyboard.press("Alt+Enter")
    rows(page, 2)
    expect(page.get_by_label("Query", exact=True)).to_have_value("-status:error")
    settled(page)
    assert here.evaluate("(e) => e.matches('.facets [data-stop]')"), "the focus stays where the value was"
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    assert not here.evaluate("(e) => Boolean(e.closest('.facets'))")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(here).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".facets [tabindex='0']")).to_have_count(1)


@pytest.mark.parametrize("leave", ["Escape", "Cancel", "Show"])
def test_the_focus_returns_from_the_range_editor(page: Page, service: Running, leave: str) -> None:
    send(service.url, [chat(1, 0, "alone")])
    page.goto("/")
    rows(page, 1)
    opener = page.get_by_label("Time range")
    opener.select_option("custom")
    expect(page.get_by_label("From", exact=True)).to_be_focused()
    if leave == "Escape":
        page.keyboard.press(leave)
    else:
        page.get_by_role("button", name=leave, exact=True).press("Enter")
    expect(page.locator(".range-editor")).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_box_completes_names_and_values(page: Page, service: Running) -> None:
    send(service.url, [*agent(1, hours_ago=1), chat(2, 0, "alone")])
    page.goto("/")
    rows(page, 2)
    page.keyboard.press("/")
    page.keyboard.type("ag")
    expect(page.locator(".completions li")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Query", exact=True)).to_have_value("agent:")
    expect(page.locator(".completions li")).to_contain_text("support-agent")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    rows(page, 1)
    expect(page).to_have_url(re.compile(r"q=agent%3Asupport-agent"))


def test_a_drag_over_the_bars_is_a_range_of_time(page: Page, service: Running) -> None:
    send(service.url, [one for n in range(1, 9) for one in agent(n, hours_ago=n)])
    page.goto("/")
    rows(page, 8)
    bars = page.locator(".histogram-bars")
    expect(bars.locator("rect").first).to_be_attached()
    box = bars.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    expect(page.locator(".histogram-told")).to_be_visible()
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 20, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=.*&to="))
    expect(page.locator("a.row")).not_to_have_count(8)
    page.locator(".rows[aria-busy=false]").wait_for()
    expect(page.locator("a.row").last).to_be_attached()
    shown = page.locator("a.row").count()
    expect(page.locator(".figures b").first).to_have_text(str(shown))
    page.reload()
    rows(page, shown)
    page.get_by_role("button", name="Twice as long").click()
    page.get_by_label("Time range").select_option("all")
    rows(page, 8)
    page.go_back()
    page.go_back()
    rows(page, shown)


def test_nothing_found_says_which_condition_removes_everything(page: Page, service: Running) -> None:
    send(service.url, [one for n in range(1, 4) for one in agent(n, hours_ago=30)])
    page.goto("/?q=tool:refund%20user:nobody")
    expect(page.locator(".ways-out")).to_contain_text("Without user:nobody there would be 3 traces")
    page.get_by_role("button", name="Remove it").click()
    rows(page, 3)
    page.get_by_label("Time range").select_option("1h")
    expect(page.locator(".ways-out")).to_contain_text("Across all time there are 3 traces")
    page.get_by_role("button", name="Show all time").click()
    rows(page, 3)


def test_peek_follows_the_keys_and_is_in_the_address(page: Page, service: Running) -> None:
    send(service.url, [chat(n, 0, f"question {n}") for n in range(1, 4)])
    page.goto("/")
    rows(page, 3)
    page.keyboard.press("j")
    page.keyboard.press("Space")
    peek = page.locator(".peek")
    expect(peek).to_contain_text("question")
    first = page.url
    page.keyboard.press("j")
    expect(page).not_to_have_url(first)
    expect(page).to_have_url(re.compile("peek="))
    page.reload()
    expect(peek).to_contain_text("question")
    page.keyboard.press("Escape")
    expect(peek).to_have_count(0)
    page.go_back()
    expect(peek).to_have_count(1)


def test_views_and_columns_are_kept(page: Page, service: Running) -> None:
    send(service.url, [*agent(1, hours_ago=1, fails=True), chat(2, 0, "alone")])
    page.goto("/?q=status:error")
    rows(page, 1)
    page.get_by_role("button", name=re.compile("^Views")).click()
    page.get_by_label("Name of this view").fill("what broke")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("^Columns")).click()
    page.get_by_label("User").check()
    page.goto("/")
    rows(page, 2)
    expect(page.get_by_role("columnheader", name="User")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("what br")
    page.keyboard.press("Enter")
    rows(page, 1)
    page.get_by_role("button", name=re.compile("^what broke")).click()
    page.get_by_role("button", name="Delete the view what broke").click()
    expect(page.locator(".views li")).to_have_count(0)


def test_any_id_is_opened(page: Page, service: Running) -> None:
    named = chat(3, 0, "hello")
    named["attributes"] |= {"gen_ai.response.id": "chatcmpl-77x", "session.id": "chat-81"}
    send(service.url, [*agent(1, hours_ago=1), named])
    page.goto("/")
    rows(page, 2)
    # On a slow machine a page is drawn after its address is there: who is quicker has the commands still.
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 3})
    for pasted, wanted in (
        (f"{1:032x}", f"/trace/{1:032x}"),
        (f"{1:08x}{3:08x}", rf"/trace/{1:032x}\?span={1:08x}{3:08x}"),
        ("chatcmpl-77x", f"/trace/{3:032x}"),
        ("chat-81", f"/trace/{3:032x}"),
    ):
        page.keyboard.press("Control+k")
        page.get_by_label("Command", exact=True).fill(pasted)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(wanted))


def test_a_paused_list_stands_still(page: Page, service: Running) -> None:
    send(service.url, [chat(1, 0, "one")])
    page.goto("/")
    rows(page, 1)
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("live=off"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    told = page.locator(".last-span").get_attribute("title")
    assert told
    send(service.url, [chat(2, 0, "two")])
    expect(page.locator(".last-span")).not_to_have_attribute("title", told)
    assert [url for url in asked if "/ui-api/" in url] == []
    expect(page.locator(".pill")).to_have_count(0)
    expect(page.locator(".figures b").first).to_have_text("1")
    page.keyboard.press("p")
    expect(page.locator(".pill")).to_contain_text("1 new")
    expect(page.locator(".figures b").first).to_have_text("2")


def test_times_are_shown_in_the_chosen_zone(browser: Browser, site: Running, service: Running) -> None:
    context = browser.new_context(
        base_url=site.url, timezone_id="Asia/Kolkata", viewport={"width": 1440, "height": 800}
    )
    page = context.new_page()
    send(service.url, [chat(1, 0, "one")])
    page.goto("/")
    when = page.locator("a.row time i")
    local = when.inner_text()
    page.get_by_role("button", name=re.compile("^(Local|UTC) times")).click()
    expect(when).not_to_have_text(local)
    title = page.locator("a.row time").get_attribute("title")
    assert title
    assert "UTC+05:30 (Asia/" in title
    assert title.endswith("Z")
    page.reload()
    expect(when).not_to_have_text(local)
    page.goto("/settings")
    oldest = page.locator(".sums > div", has_text="Oldest trace")
    stored = (oldest.get_attribute("title") or "").splitlines()[1]
    expect(oldest.locator("dd")).to_have_text(stored[:16].replace("T", " "))
    context.close()


def test_a_list_that_cannot_follow_says_so_and_follows_again_by_itself(page: Page, service: Running) -> None:
    send(service.url, [chat(1, 0, "one")])
    page.goto("/")
    rows(page, 1)
    live = page.locator(".live-button")
    expect(live).to_have_text("● Live")
    broken = re.compile("/ui-api/(traces|stats|facets)")
    page.route(broken, lambda route: route.fulfill(status=500, json={"title": "The store is full"}))
    send(service.url, [chat(2, 0, "two")])
    expect(live).to_have_text("○ Not live")
    expect(live).to_have_attribute("title", re.compile("The store is full"))
    expect(page.locator(".health")).to_contain_text("Connected")
    rows(page, 1)  # what was read stays
    expect(page.locator(".figures b").first).to_have_text("1")
    page.unroute(broken)
    expect(page.locator(".pill")).to_contain_text("1 new")
    expect(page.locator(".figures b").first).to_have_text("2")
    expect(live).to_have_text("● Live")


@pytest.mark.parametrize(
    "path", ["/", "/spans", "/overview", "/errors", TRACE, f"/compare?a={1:032x}&b={2:032x}"]
)
def test_a_page_that_failed_comes_by_itself(page: Page, service: Running, path: str) -> None:
    send(service.url, [*agent(1, hours_ago=0.1, fails=True), *agent(2, hours_ago=0.2)])
    broken = re.compile("/ui-api/(traces|spans|stats|errors|compare)")
    page.route(broken, lambda route: route.fulfill(status=503, json={"title": "Not yet"}))
    page.goto(path)
    expect(page.locator(".failed")).to_contain_text("Not yet")
    expect(page.locator(".live-button.is-live")).to_have_count(0)
    page.unroute(broken)
    expect(page.locator(".failed")).to_have_count(0)
    settled(page)


@pytest.mark.parametrize(
    ("lasts_s", "shares"),
    [((1.0, 2.0, 4.0), (25, 50, 100)), ((0.04, 4.0, 400.0), (13, 57, 100))],
    ids=["linear", "by powers of ten"],
)
def test_the_bars_of_durations_can_be_told_apart(
    page: Page, service: Running, lasts_s: tuple[float, ...], shares: tuple[int, ...]
) -> None:
    at = time.time_ns() - HOUR_NS
    send(
        service.url,
        [
            span(n, 0, "run", start_ns=at, end_time_unix_nano=at + int(lasts * 1e9))
            for n, lasts in enumerate(lasts_s, 1)
        ],
    )
    page.goto("/?sort=-duration_ms")
    rows(page, 3)
    drawn = page.locator(".dur-bar i").evaluate_all(
        "(bars) => bars.map((bar) => Math.round(100 * bar.clientWidth / bar.parentElement.clientWidth))"
    )
    assert drawn == [pytest.approx(share, abs=3) for share in reversed(shares)]


def test_from_a_figure_or_by_a_few_letters_to_the_dearest_and_the_slowest(
    page: Page, service: Running
) -> None:
    at = time.time_ns() - HOUR_NS
    quick, slow = (
        chat(n, 0, name, start_ns=at, end_time_unix_nano=at + int(lasts_s * 1e9))
        for n, name, lasts_s in ((1, "dear", 1), (2, "slow", 9))
    )
    quick["attributes"]["gen_ai.usage.input_tokens"] = 50_000
    send(service.url, [quick, slow])
    page.goto("/")
    first = page.locator("a.row .in").first
    figures = page.locator(".figures button")
    figures.filter(has_text="p95").click()
    expect(first).to_have_text("slow")
    figures.filter(has_text="$").click()
    expect(first).to_have_text("dear")
    expect(page).to_have_url(re.compile(r"sort=-cost"))
    page.keyboard.press("Control+k")
    page.keyboard.type("slowest")
    page.keyboard.press("Enter")
    expect(first).to_have_text("slow")
    page.keyboard.press("Control+k")
    page.keyboard.type("expensive model")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Spans")).to_be_visible()
    expect(first).to_have_text("dear")


def test_what_runs_says_since_when(page: Page, service: Running) -> None:
    began = time.time_ns() - 125 * 1_000_000_000
    running = span(1, 0, "agent", kind="agent", start_ns=began)
    del running["end_time_unix_nano"]
    send(service.url, [running])
    page.goto("/")
    expect(page.locator("a.row .c-dur b")).to_have_text(re.compile(r"^2 m \d+ s$"))
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.locator(".peek-facts")).to_contain_text(re.compile(r"Duration2 m \d+ s so far"))
    page.keyboard.press("Enter")
    expect(page.locator(".fact").first).to_have_text(re.compile(r"^Duration2 m \d+ s$"))
    page.clock.install()
    page.goto("/")
    expect(page.locator("a.row .c-when")).to_contain_text("2 min ago")
    settled(page)
    assert page.evaluate("document.getAnimations().length") == 0  # a page that nobody touches draws nothing
    page.clock.fast_forward("05:00")
    expect(page.locator("a.row .c-when")).to_contain_text("7 min ago")
    expect(page.locator("a.row .c-dur b")).to_have_text(re.compile(r"^7 m \d+ s$"))


def test_both_processes_may_restart_without_a_reload(browser: Browser, tmp_path: Path) -> None:
    ports = free_port(), free_port()
    with stopping(start_service(tmp_path, ports[0])) as service:
        with dashboard(tmp_path, service.url, ports[1]) as site:
            context = browser.new_context(base_url=site.url)
            page = context.new_page()
            send(service.url, [chat(1, 0, "one")])
            page.goto("/")
            rows(page, 1)
        expect(page.locator(".health")).to_contain_text("Dashboard stopped")
        rows(page, 1)
        with dashboard(tmp_path, service.url, ports[1]):
            expect(page.locator(".health")).to_contain_text("Connected")
            send(service.url, [chat(2, 0, "two")])
            expect(page.locator(".pill")).to_contain_text("1 new")
            context.close()


def test_a_text_that_is_found_says_where_and_opens_there(page: Page, service: Running) -> None:
    send(service.url, [span(1, 0, "agent", kind="agent"), chat(1, 1, "the zebra crossed", parent=0)])
    page.goto("/?q=zebra")
    expect(page.locator(".c-hit")).to_contain_text("zebra")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/trace/{1:032x}\?span={1:08x}{2:08x}"))


def test_a_row_says_that_an_answer_was_cut(page: Page, service: Running) -> None:
    cut = chat(1, 0, "a long story")
    cut["attributes"]["gen_ai.response.finish_reasons"] = ["length"]
    send(service.url, [cut, chat(2, 0, "a short one")])
    for path in ("/traces", "/spans"):
        page.goto(path)
        rows(page, 2)
        expect(page.locator("a.row", has_text="cut off")).to_contain_text("A LONG STORY")
        expect(page.locator("a.row", has_text="A SHORT ONE")).not_to_contain_text("cut off")


@pytest.mark.parametrize(
    ("path", "asked", "place"),
    [("/", "facets", ".facets"), ("/", "stats", ".list-bar"), ("/sessions?by=user", "stats", ".list-bar")],
)
def test_what_was_not_all_counted_says_since_when_it_is(
    page: Page, service: Running, path: str, asked: str, place: str
) -> None:
    def cut_short(route: Route) -> None:
        """As from a store in which counting everything takes too long."""
        answer = route.fetch()
        since = {"complete": False, "counted_since": "2026-01-02T03:04:05Z"}
        route.fulfill(response=answer, json=answer.json() | since)

    send(service.url, [chat(1, 0, "hello") | {"attributes": {"user.id": "alice"}}])
    page.route(f"**/ui-api/{asked}?*", cut_short)
    page.goto(path)
    said = page.locator(place).get_by_text("counted since")
    expect(said).to_be_visible()
    box, bar = said.bounding_box(), page.locator(place).bounding_box()
    assert box is not None
    assert bar is not None
    assert box["x"] + box["width"] <= bar["x"] + bar["width"]
