"""The dashboard in a real browser, over a real service: journeys by keyboard, states, safety, size."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from recording_http import answering
from running import Running, free_port, start_service, stopping

from .browsing import Watch, chat, dashboard, send, send_giant, span
from .test_access import opened

HOSTILE = "<img src=x onerror=alert(1)>"


def failing_run(trace: int) -> list[dict[str, object]]:
    """An agent whose second tool call broke."""
    error = {"code": "error", "message": "no such order"}
    event = {"name": "exception", "time_unix_nano": time.time_ns(), "attributes": {
        "exception.type": "KeyError", "exception.message": "no such order", "exception.stacktrace": "Traceback:\n  line 1"}}  # fmt: skip
    return [
        span(trace, 0, "support-agent", kind="agent", status={"code": "error", "message": "no such order"}),
        chat(trace, 1, "where is order 42", parent=0),
        span(trace, 2, "search_orders", parent=0, kind="tool"),
        span(trace, 3, "refund", parent=0, kind="tool", status=error, events=[event]),
        chat(trace, 4, "sorry", parent=0),
    ]


def test_the_empty_page_shows_how_to_begin_and_flips_at_the_first_span(
    browser: Browser, tmp_path: Path
) -> None:
    with stopping(start_service(tmp_path)) as service, dashboard(tmp_path, service.url) as new:
        page, watch = opened(browser, new)
        page.goto("/")
        expect(page.get_by_role("heading", name="Waiting for the first trace")).to_be_visible()
        expect(page.locator(".health")).to_have_text("Connected")
        ways = page.get_by_role("group", name="Ways to send your first trace").get_by_role("button")
        expect(ways).to_have_text(
            ["Python SDK", "Your libraries", "OpenTelemetry", "OpenInference", "Demo traces"]
        )
        ways.last.click()
        expect(page.locator(".snippet pre")).to_contain_text("llm-tracer demo")
        expect(page.locator(".arrived")).to_contain_text("0 requests")
        send(service.url, [chat(1, 0, "hello")])
        expect(page.locator("a.row")).to_have_count(1)
        send(service.url, [chat(2, 0, "hello again")])
        expect(page.locator(".pill")).to_contain_text("1 new")
        expect(page.locator("a.row")).to_have_count(1)  # nothing moves under the eye
        page.keyboard.press("r")
        expect(page.locator("a.row")).to_have_count(2)
        page.context.close()
    assert watch.faults == []


def test_from_the_list_to_the_call_that_broke_by_keyboard_alone(page: Page, service: Running) -> None:
    send(service.url, [*failing_run(1), *[chat(n, 0, f"fine {n}") for n in range(2, 8)]])
    page.goto("/")
    expect(page.locator("a.row")).to_have_count(7)
    page.keyboard.press("e")
    expect(page.locator("a.row[aria-selected=true] .c-name")).to_have_text("support-agent")
    page.keyboard.press("Enter")
    expect(page.locator(".grid .selected .s-name")).to_have_text("refund")
    expect(page.locator(".span-error")).to_contain_text("KeyError")
    expect(page.locator(".span-error")).to_contain_text("no such order")
    expect(page).to_have_url(re.compile(r"\?span=[0-9a-f]{16}$"))
    page.keyboard.press(",")
    expect(page.locator(".grid .selected .s-name")).to_have_text("chat gpt-4o-mini")
    expect(page.locator(".message.role-user")).to_contain_text("where is order 42")
    page.keyboard.press("Home")
    page.keyboard.press("h")
    expect(page.locator(".grid-body [role=row]")).to_have_count(1)
    expect(page.locator(".inner-errors")).to_contain_text("1")
    page.keyboard.press("l")
    expect(page.locator(".grid-body [role=row]")).to_have_count(5)
    page.keyboard.press("Escape")
    expect(page.locator("a.row[aria-selected=true] .c-name")).to_have_text("support-agent")


def test_keys_move_on_from_a_button_that_was_clicked(page: Page, service: Running) -> None:
    send(service.url, [*failing_run(1), chat(2, 0, "fine")])
    page.goto("/")
    page.get_by_role("button", name="When").click()
    expect(page).to_have_url(re.compile("sort=start_time"))
    expect(
        page.locator("[aria-sort=ascending]", has_text="When")
    ).to_be_visible()  # now the rows are of this order
    expect(page.locator("a.row .c-name").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".grid")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile(r"/\?sort=start_time$"))


def test_a_link_to_a_span_shows_the_span(page: Page, service: Running) -> None:
    send(service.url, failing_run(3))
    page.goto(f"/trace/{3:032x}?span={3:08x}{3:08x}")
    expect(page.locator(".grid .selected .s-name")).to_have_text("search_orders")
    page.reload()
    expect(page.locator(".grid .selected .s-name")).to_have_text("search_orders")
    page.goto(f"/trace/{99:032x}")
    expect(page.get_by_role("heading", name="There is no such trace")).to_be_visible()
    page.get_by_role("link", name="All traces", exact=True).click()
    expect(page.locator("a.row")).to_have_count(1)


def test_the_address_is_the_state(page: Page, service: Running) -> None:
    send(service.url, [*failing_run(1), chat(2, 0, "fine")])
    page.goto("/")
    expect(page.locator("a.row")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("status:error")
    page.keyboard.press("Enter")
    expect(page.locator("a.row")).to_have_count(1)
    page.get_by_label("Time range").select_option("1h")
    expect(page).to_have_url(re.compile(r"/\?q=status%3Aerror&range=1h$"))
    page.reload()
    expect(page.locator("a.row")).to_have_count(1)
    expect(page.get_by_role("combobox", name="Query")).to_have_value("status:error")
    page.go_back()
    page.go_back()
    expect(page.locator("a.row")).to_have_count(2)
    expect(page.get_by_role("combobox", name="Query")).to_have_value("")
    page.go_forward()
    expect(page.locator("a.row")).to_have_count(1)


def test_a_query_that_cannot_be_read_says_where(page: Page, service: Running) -> None:
    send(service.url, [chat(1, 0, "hello")])
    page.goto("/?q=status:ok%20duration%3E2s")
    expect(page.get_by_role("heading", name="This query is not valid")).to_be_visible()
    expect(page.locator(".query-bad")).to_have_text("d")
    expect(page.locator("#query-error")).to_be_hidden()  # said once, until somebody comes to correct it
    page.keyboard.press("/")
    expect(page.locator("#query-error")).to_be_visible()
    page.get_by_role("button", name="Clear the query").first.click()
    expect(page.locator("a.row")).to_have_count(1)


def test_no_results_are_no_empty_page(page: Page, service: Running) -> None:
    send(service.url, [chat(1, 0, "hello")])
    page.goto("/?q=zebra")
    expect(page.get_by_role("heading", name="No traces match")).to_be_visible()
    page.locator(".empty").get_by_role("button", name="Clear the query").click()
    expect(page.locator("a.row")).to_have_count(1)


def test_markup_is_shown_as_text_everywhere(page: Page, service: Running) -> None:
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": HOSTILE, "input.value": HOSTILE, "output.value": HOSTILE,
        "session.id": HOSTILE, "user.id": HOSTILE, "tag.tags": [HOSTILE], HOSTILE: HOSTILE,
    }  # fmt: skip
    error = {"code": "error", "message": HOSTILE}
    event = {"name": HOSTILE, "time_unix_nano": time.time_ns(), "attributes": {HOSTILE: HOSTILE}}
    send(service.url, [span(1, 0, HOSTILE, kind="llm", attributes=attributes, status=error, events=[event])])
    page.goto("/")
    expect(page.locator("a.row .c-name")).to_have_text(HOSTILE)
    page.locator("a.row").click()
    expect(page.locator(".answers h1")).to_have_text(HOSTILE)
    views = page.locator(".view-tabs [role=tab]")
    for number in range(views.count()):
        views.nth(number).click()
        expect(views.nth(number)).to_have_attribute("aria-selected", "true")
    tabs = page.locator(".tabs [role=tab]")
    expect(tabs.first).to_be_visible()
    for number in range(1, tabs.count() + 1):
        page.keyboard.press("v")
        expect(tabs.nth(number % tabs.count())).to_have_attribute("aria-selected", "true")
        expect(page.locator(".pane-body")).to_contain_text(HOSTILE)
    assert page.locator("img, iframe, object, svg script").count() == 0


def test_markup_is_shown_as_text_on_the_page_of_the_api(browser: Browser, service: Running) -> None:
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": HOSTILE, "input.value": HOSTILE, "output.value": HOSTILE,
        "session.id": HOSTILE, "user.id": HOSTILE, "tag.tags": [HOSTILE], HOSTILE: HOSTILE,
    }  # fmt: skip
    send(
        service.url,
        [
            span(
                1, 0, HOSTILE, kind="llm", attributes=attributes, status={"code": "error", "message": HOSTILE}
            )
        ],
    )
    context = browser.new_context(base_url=service.url)
    page = context.new_page()
    watch = Watch(page, service.url)
    page.goto("/")
    expect(page.locator("tbody")).to_contain_text(HOSTILE)
    assert page.locator("img, iframe, object, script").count() == 0
    page.get_by_role("link", name=HOSTILE).first.click()
    expect(page.locator("h1")).to_contain_text(HOSTILE)
    expect(page.locator(".span")).to_contain_text(HOSTILE)
    assert page.locator("img, iframe, object, script").count() == 0
    assert watch.faults == []
    context.close()


def test_ten_thousand_spans_open_and_scroll_with_few_rows_in_the_page(page: Page, service: Running) -> None:
    send_giant(service.url, 10_000)
    page.goto("/")
    page.locator("a.row").click()
    page.locator(".grid-body [role=row]").first.wait_for()
    page.keyboard.press("]")
    expect(page.locator(".grid")).to_have_attribute("aria-rowcount", "10000")
    most = page.evaluate(
        """async () => {
          const grid = document.querySelector(".grid");
          let most = 0;
          for (let i = 0; i < 100; i += 1) {
            grid.scrollTop += 1400;
            await new Promise(requestAnimationFrame);
            most = Math.max(most, grid.querySelectorAll("[role=row]").length);
          }
          return most;
        }"""
    )
    assert 10 < most <= 400
    page.keyboard.press("End")
    expect(page.locator(".grid .selected")).to_be_in_viewport()


def test_an_outage_is_said_and_ends_by_itself(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    with dashboard(tmp_path, f"http://127.0.0.1:{port}") as site:
        context = browser.new_context(base_url=site.url)
        page = context.new_page()
        page.goto("/")
        expect(page.locator(".health")).to_have_text("Disconnected")
        expect(page.locator(".page")).to_contain_text("TRACER_API_URL")
        expect(page.locator(".page")).to_contain_text(f"llm-tracer serve --port {port}")
        with stopping(start_service(tmp_path, port)) as service:
            expect(page.locator(".health")).to_have_text("Connected")
            expect(page.get_by_role("heading", name="Waiting for the first trace")).to_be_visible()
            send(service.url, [chat(1, 0, "hello")])
            expect(page.locator("a.row")).to_have_count(1)
        expect(page.locator(".health")).to_have_text("Disconnected")
        expect(page.locator("a.row")).to_have_count(1)  # what was read stays
        context.close()


def running(trace: int) -> dict[str, object]:
    """A root that has not ended."""
    root = span(trace, 0, "agent", kind="agent", attributes={"input.value": "go on"})
    del root["end_time_unix_nano"]
    return root


def test_no_key_is_lost_while_spans_arrive(page: Page, service: Running) -> None:
    send(service.url, [running(1)])
    page.goto(f"/trace/{1:032x}?tab=attributes")
    rows = page.locator(".grid-body [role=row]")
    expect(rows).to_have_count(1)
    words = "the quick brown fox"
    for number, field in enumerate(("#find-in-trace", "[aria-label='Filter attributes']", "#query")):
        box = page.locator(field)
        box.click()
        for at, letter in enumerate(words):
            if at % 6 == 3:  # is drawn before the next letters
                send(service.url, [span(1, 10 * number + at // 6 + 1, "step", parent=0)])
                page.wait_for_timeout(300)
            page.keyboard.press("Space" if letter == " " else letter)
        expect(box).to_have_value(words)
        page.wait_for_timeout(500)  # what was asked for meanwhile has come
        expect(box).to_have_value(words)
        page.keyboard.press("Escape")
        box.fill("")


def test_what_was_read_of_a_span_stays_while_it_cannot_be_read_anew(page: Page, service: Running) -> None:
    send(service.url, [running(1)])
    page.goto(f"/trace/{1:032x}?tab=attributes")
    page.get_by_label("Filter attributes").fill("input")
    page.route(re.compile("/spans/"), lambda route: route.abort())
    with page.expect_event("requestfailed"):
        send(service.url, [span(1, 1, "step", parent=0)])
    expect(page.locator(".grid-head")).to_contain_text("2 spans")
    expect(page.get_by_label("Filter attributes")).to_have_value("input")
    expect(page.locator(".pane .attributes")).to_contain_text("go on")


def test_the_theme_is_kept_and_there_from_the_first_paint(page: Page, service: Running) -> None:
    page.goto("/")
    for _ in range(3):
        if page.evaluate("document.documentElement.classList.contains('dark')"):
            break
        page.get_by_role("button", name=re.compile("^Theme")).click()
    expect(page.locator("html.dark")).to_have_count(1)
    page.add_init_script(
        """new MutationObserver((_, watching) => {
          if (!document.body) return;
          window.wasDark = document.documentElement.classList.contains("dark");
          watching.disconnect();
        }).observe(document, { childList: true, subtree: true })"""
    )
    page.reload()
    assert page.evaluate("window.wasDark")  # when there was something to paint


def test_help_lists_the_keys_and_closes(page: Page) -> None:
    page.goto(f"/trace/{1:032x}")
    expect(page.locator(".health")).to_contain_text("Connected")
    expect(page.get_by_role("alert")).to_contain_text("no such trace")  # the page is all there
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next, previous LLM call")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_goes_by_tab_skips_the_rail_to_the_rows(page: Page, service: Running) -> None:
    send(service.url, [chat(1, 0, "hello")])
    page.goto("/")
    expect(page.locator("a.row")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("grid", name="Traces")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/trace/{1:032x}"))


@pytest.mark.parametrize("path", ["/", "/spans", "/sessions"])
def test_a_list_tells_a_screen_reader_which_row_is_selected(page: Page, service: Running, path: str) -> None:
    session = {"session.id": "a conversation"}
    send(service.url, [span(n, 0, "agent", kind="agent", attributes=session) for n in (1, 2)])
    page.goto(path)
    rows = page.locator(".rows")
    expect(page.locator("a.row").first).to_be_visible()
    rows.focus()
    expect(rows).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("j")
    selected = page.locator("a.row[aria-selected=true]").get_attribute("id")
    assert selected
    expect(rows).to_have_attribute("aria-activedescendant", selected)


def test_an_api_that_fails_is_told_by_the_page_alone(browser: Browser, tmp_path: Path) -> None:
    with answering(500, "text/plain", b"broken") as url, dashboard(tmp_path, url) as site:
        page, _ = opened(browser, site)
        page.goto("/")
        expect(page.locator(".failed")).to_be_visible()
        expect(page.locator(".health.h-unhealthy")).to_have_attribute("aria-expanded", "false")
        expect(page.locator(".health-note")).to_have_count(0)


def test_escape_folds_the_note_of_the_connection(page: Page) -> None:
    page.goto("/")
    health = page.locator(".health")
    expect(health).to_contain_text("Connected")
    health.press("Enter")
    expect(page.locator(".health-note")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".health-note")).to_have_count(0)
    expect(health).to_be_focused()


FROM_RIGHT_TO_LEFT = (
    "أين استرداد أموالي للطلب رقم 42؟ لقد انتظرت ثلاثة أسابيع وما زلت أنتظر الرد منكم حتى الآن."
)


def test_a_text_from_right_to_left_begins_at_its_right_and_is_cut_at_its_left(
    page: Page, service: Running
) -> None:
    texts = {"input.value": FROM_RIGHT_TO_LEFT, "output.value": FROM_RIGHT_TO_LEFT}
    send(service.url, [
        span(1, 0, "agent", kind="agent", attributes=texts),
        span(1, 1, FROM_RIGHT_TO_LEFT, parent=0, kind="tool", attributes=texts),
    ])  # fmt: skip
    page.goto(f"/trace/{1:032x}?view=tree")
    ends = page.locator(".answers-io bdi").first.evaluate(
        """(said) => [0, said.firstChild.length - 1].map((at) => {
            const range = new Range();
            range.setStart(said.firstChild, at);
            range.setEnd(said.firstChild, at + 1);
            return range.getBoundingClientRect().x;
        })"""
    )
    assert ends[0] > ends[1], "the full stop stands at the left of the first word"
    row = page.locator(".grid-body [role=row]").last
    expect(row.locator(".s-name")).to_have_css("direction", "rtl")
    expect(page.locator(".row-preview").first).to_have_css("direction", "rtl")
