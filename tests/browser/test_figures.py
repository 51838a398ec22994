"""The wider views in real Chromium: every number leads to its list, journeys by the keyboard, every state of a page."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from running import Running, start_service, stopping
from waiting import http, until

from .browsing import chat, dashboard, send, settled, span
from .test_access import hostile, opened

PAGES = ("overview", "errors", "patterns", "ingest", "settings")
HOUR_NS = 3_600 * 10**9


@pytest.fixture(scope="module")
def service(module_service: Running) -> Running:
    """With forty runs of twelve hours, and a hostile trace."""
    send(module_service.url, [part for trace in range(1, 41) for part in a_run(trace)])
    send(module_service.url, [hostile(90)])
    return module_service


@pytest.fixture(scope="module")
def site(service: Running, module_site: Running) -> Running:
    return module_site


def a_run(trace: int) -> list[dict[str, Any]]:
    """An agent that asks and looks something up, a quarter of an hour after the one before; every fifth one breaks."""
    start_ns = time.time_ns() - 12 * HOUR_NS + trace * HOUR_NS // 4
    failed = {"code": "error", "message": f"the index of page {trace} is gone"}
    more: dict[str, Any] = {"status": failed} if trace % 5 == 0 else {}
    model = ("gpt-4o", "gpt-4o-mini", "house-7b")[trace % 3]
    call = chat(trace, 1, f"order {trace}", parent=0, start_ns=start_ns)
    call["attributes"] |= {"gen_ai.request.model": model}
    if trace % 3 == 0:
        judged = "annotations.0.annotation"
        call["attributes"] |= {f"{judged}.name": "helpful", f"{judged}.score": trace / 40}
    who = {
        "user.id": f"user-{trace % 4}",
        "session.id": f"s-{trace // 8}",
        "tag.tags": ["beta"] if trace % 2 else [],
    }
    return [
        span(trace, 0, "support-agent", kind="agent", start_ns=start_ns, attributes=who, **more),
        call,
        span(trace, 9, "look up", parent=0, kind="tool", start_ns=start_ns, attributes={
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": ("search", "browse")[trace % 2]}, **more),
    ]  # fmt: skip


def listed(page: Page, path: str) -> str:
    """How many traces, or spans, the list at an address says it has."""
    page.goto(path)
    if path.startswith("/spans"):
        return page.locator(".list-end").inner_text().split()[0]
    return page.locator(".figures b").first.inner_text()


# --- every number is the count of its list ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/overview", ".tile:nth-child(-n+2) .tile-value, td.t-share a, .leaders td:last-child a"),
        ("/overview", '.leaders [aria-label="Top failing tools"] td a'),
        ("/overview?by=user&range=24h", "td.t-share a, td a.s-error"),
        ("/overview?q=tool:search", ".leaders td:last-child a, .tile-value.s-error"),
        ("/overview?range=24h", "section[aria-label=Scores] td a"),
        ("/errors", "[data-list]"),
        ("/patterns", "td.t-share a"),
    ],
)
def test_a_number_is_the_count_of_the_list_that_it_leads_to(page: Page, path: str, numbers: str) -> None:
    page.goto(path)
    links = page.locator(numbers)
    settled(page)
    shown = [(link.inner_text(), link.get_attribute("href")) for link in links.all()]
    assert shown
    for number, href in dict.fromkeys(shown):
        assert href is not None
        assert listed(page, href) == number, href


def test_what_moved_leads_to_what_was_before_and_a_question_keeps_the_order(page: Page) -> None:
    began, ended = (datetime.fromtimestamp(time.time() - hours * 3600, UTC) for hours in (6, 0))
    page.goto(f"/overview?from={began:%Y-%m-%dT%H:%M:%SZ}&to={ended:%Y-%m-%dT%H:%M:%SZ}&by=user")
    page.get_by_role("button", name="p95", exact=True).click()
    expect(page).to_have_url(re.compile("order=-duration_ms"))
    page.keyboard.press("/")
    page.keyboard.type("kind:agent")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=kind.*by=user&order=-duration_ms"))
    expect(page.locator("th", has=page.get_by_role("button", name="p95"))).to_have_attribute(
        "aria-sort", "descending"
    )
    settled(page)
    moved = page.locator("td.t-share .moved").all()
    told = [(link.get_attribute("title") or "", link.get_attribute("href") or "") for link in moved]
    assert len(told) == 4
    page.goto(f"/errors?from={began:%Y-%m-%dT%H:%M:%SZ}&to={ended:%Y-%m-%dT%H:%M:%SZ}")
    lookups = page.locator(".failures tr", has_text="look up")
    expect(page.locator(".failures .new").first).to_be_visible()  # the hostile trace, which began just now
    expect(lookups.locator(".new")).to_have_count(0)
    for title, path in told:
        assert listed(page, path) == title.split()[0], path


# What a hand does at once after a click: as soon as the address has changed, before anything else is run.
AT_ONCE = """async ([first, then]) => {
  const before = location.href;
  document.querySelector(first).click();
  for (let n = 0; n < 10_000 && location.href === before; n += 1) await null;
  const next = document.querySelector(then);
  if (next.requestSubmit) next.requestSubmit();
  else next.click();
}"""


def test_a_question_asked_at_once_after_an_order_keeps_it(page: Page) -> None:
    page.goto("/overview?by=user")
    settled(page)
    page.locator("#query").fill("kind:agent")
    page.evaluate(AT_ONCE, ['.by-value button[title="Sort by p95"]', "form.query"])
    expect(page).to_have_url(re.compile("q=kind.*by=user&order=-duration_ms"))


def test_a_value_chosen_at_once_after_another_adds_to_it(page: Page) -> None:
    page.goto("/")
    settled(page)
    page.evaluate(
        AT_ONCE, [".facet .value button[title^='status:error']", ".facet .value button[title^='name:']"]
    )
    expect(page).to_have_url(re.compile(r"q=status%3Aerror\+name%3A"))


def test_a_column_and_its_parts_lead_to_their_stretch_of_time(page: Page) -> None:
    page.goto("/overview?range=24h")
    columns = page.locator(".chart").first.locator(".chart-column:has(a + a)")
    expect(columns.first).to_be_attached()
    told = {}
    for link in columns.locator("a").all()[-8:]:
        says = link.get_attribute("aria-label")
        assert says is not None
        told[link.get_attribute("href")] = says.partition(": ")[2].split()[0]
    for href, number in told.items():
        assert href is not None
        assert listed(page, href) == number, href


def test_what_fails_is_slow_or_costs_and_the_charts_are_seen_without_scrolling(page: Page) -> None:
    page.goto("/overview?range=24h")
    settled(page)
    for part in (".tiles", ".leaders >> nth=0", ".charts"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800, part
    expect(page.locator(".tile h2").nth(1)).to_have_text(re.compile(r"^Errors\d+\.\d % of traces$"))


def test_one_bar_far_beyond_all_others_is_broken_and_says_its_value(page: Page, service: Running) -> None:
    costly = chat(97, 0, "costly", start_ns=time.time_ns() - 3 * HOUR_NS)
    costly["attributes"]["gen_ai.usage.cost"] = 900.0
    send(service.url, [costly])
    page.goto("/overview?range=24h")
    settled(page)
    cost = page.locator(".chart", has_text="Cost by model")
    expect(cost.locator(".chart-beyond")).to_contain_text("$900")
    expect(cost.locator(".break-mark")).to_have_count(1)
    expect(page.locator(".chart", has_text="Traces").first.locator(".break-mark")).to_have_count(0)


def test_what_failed_most_leads_to_where_it_broke_and_to_all_failures(page: Page) -> None:
    page.goto("/overview?range=24h")
    failures = page.get_by_role("region", name="Most frequent failures")
    first = failures.locator("tbody tr").first
    expect(first.locator("th")).to_contain_text("in browse")
    first.locator("th a").click()
    expect(page.locator(".grid .selected .s-name")).to_have_text("browse")
    page.go_back()
    failures.get_by_role("link", name="Most frequent failures").click()
    expect(page).to_have_url(re.compile(r"/errors\?range=24h$"))


def test_all_time_offers_stretches_to_see_what_changed_in(page: Page) -> None:
    page.goto("/overview?by=user")
    page.get_by_role("button", name="last 24 hours").click()
    expect(page).to_have_url(re.compile(r"/overview\?range=24h&by=user$"))
    expect(page.locator(".tiles")).to_be_visible()
    expect(page.locator(".since")).to_have_count(0)


# --- journeys ---------------------------------------------------------------------------------------------------------


def test_from_errors_are_up_to_the_tool_call_in_five_keys(page: Page) -> None:
    page.goto("/overview?range=24h")
    expect(page.locator(".tile-value.s-error")).to_have_text("9")
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile(r"/errors\?range=24h$"))
    row = page.locator("tr[data-row]").first
    expect(row).to_contain_text("in browse")
    expect(row).to_contain_text("the index of page <n> is gone")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".grid .selected .s-name")).to_have_text("browse")
    expect(page.locator(".span-error")).to_contain_text("the index of page 35 is gone")


def test_the_failing_pattern_is_on_top_and_leads_to_its_traces(page: Page) -> None:
    page.goto("/patterns?range=24h&q=tool:search")
    first = page.locator("tr[data-row]").first
    expect(first.locator(".p-failed")).to_have_text("✕")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("a.row").first).to_contain_text("support-agent")
    expect(page).to_have_url(re.compile("pattern%3A"))


def test_in_ingest_one_sees_why_a_span_was_refused(page: Page, service: Running) -> None:
    bad = {"trace_id": "nothing", "span_id": "1", "name": "x", "start_time_unix_nano": 1}
    known = span(91, 0, "fine", attributes={"shop.tokens.in": 3})
    agent = {"user-agent": "shop/1.2"}
    http.post(f"{service.url}/api/spans", json={"spans": [known, bad]}, headers=agent).raise_for_status()
    page.goto("/traces")
    expect(page.locator("a.row").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.locator(".requests tr[data-row]").first).to_be_visible()
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("refused=true"))
    row = page.locator(".requests tr[data-row]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("shop/1.2")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator(".request-detail")).to_contain_text("trace_id")
    expect(page.locator(".keys").first).to_contain_text("shop.tokens.in")
    expect(page.locator(".keys a")).to_have_attribute("href", "/spans?q=attr.shop.tokens.in%3A*")
    page.get_by_role("button", name="Show the mapping stub").click()
    expect(page.locator(".stub")).to_contain_text('usage_input = ["shop.tokens.in"]')


def test_a_chart_is_walked_by_the_arrows(page: Page) -> None:
    page.goto("/overview?range=24h")
    last = page.locator(".chart").first.locator(".chart-column a").first
    expect(last).to_be_attached()
    page.locator(".chart").first.locator('a[tabindex="0"]').focus()
    before = page.evaluate("document.activeElement.href")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.href") != before
    expect(page.locator(".chart-told")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("from=.*&to="))
    page.go_back()
    expect(page.locator(".tiles")).to_be_visible()


def test_what_an_error_affects_unfolds_under_it(page: Page) -> None:
    page.goto("/errors?range=24h")
    expect(page.locator("tr[data-row]").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press(" ")
    expect(page.locator(".affected dt").filter(has_text="model")).to_be_visible()
    href = page.locator(".affected dd a").first.get_attribute("href")
    number = page.locator(".affected dd b").first.inner_text()
    assert href is not None
    assert listed(page, href) == number


def test_the_settings_name_a_model_without_a_price(page: Page) -> None:
    page.goto("/settings")
    expect(page.locator("#prices")).to_contain_text("house-7b")
    page.get_by_role("button", name="Show a price file for them").click()
    expect(page.locator("#prices .stub")).to_contain_text('model = "house-7b"')
    expect(page.locator("#keys")).to_contain_text("No keys")
    page.locator("#display").get_by_role("button", name="Dense").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-density", "dense")


# --- states -----------------------------------------------------------------------------------------------------------


def test_an_answer_without_a_reason_is_told_in_one_line(page: Page) -> None:
    page.route("**/ui-api/errors*", lambda route: route.fulfill(status=500, body="Internal Server Error"))
    page.goto("/errors")
    expect(page.locator(".failed")).to_have_text("HTTP 500 without a reasonTry again")


@pytest.mark.parametrize("name", ["overview", "errors", "patterns"])
def test_nothing_found_and_not_understood_are_said(page: Page, name: str) -> None:
    page.goto(f"/{name}?q=name:nothing")
    expect(page.locator(".empty h1")).to_be_visible()
    page.goto(f"/{name}?q=nothing:here")
    expect(page.locator(".empty h1")).to_have_text("This query is not valid")
    page.get_by_role("button", name="Clear the query", exact=True).last.click()
    expect(page.locator(".figures-list").first).to_be_visible()


def test_before_the_first_trace_each_page_says_what_to_do(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("empty")
    with stopping(start_service(folder)) as service, dashboard(folder, service.url) as site:
        page, watch = opened(browser, site, "dark")
        for name in ("overview", "errors", "patterns"):
            page.goto(f"/{name}")
            expect(page.locator("h1").filter(has_text="Waiting for the first trace")).to_be_visible()
        page.goto("/ingest")
        expect(page.locator(".panel-empty").filter(has_text="Nothing has arrived yet")).to_be_visible()
        page.goto("/errors")
        send(service.url, [chat(1, 0, "well")])
        expect(page.locator(".empty h1")).to_have_text("No errors")
        service.kill()
        for name in PAGES:
            page.goto(f"/{name}")
            expect(page.locator(".failed").first).to_be_visible()
        page.context.close()
        assert watch.faults == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_its_window(page: Page, name: str) -> None:
    page.goto(f"/{name}")
    expect(page.locator(".figures-list").first).to_be_visible()
    settled(page)
    body = page.locator(".wide-body")
    for width in (1920, 1280, 900, 390):
        page.set_viewport_size({"width": width, "height": 800})
        until(lambda: body.evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0)
        until(lambda width=width: page.evaluate("document.documentElement.scrollWidth") <= width)


def test_a_name_says_how_much_slower_it_became_and_leads_to_before(page: Page, service: Running) -> None:
    for trace, hours, lasted_ms in ((95, 5, 20), (96, 1, 2_000)):
        start_ns = time.time_ns() - hours * HOUR_NS
        send(
            service.url,
            [
                span(trace, 0, "crawl", start_ns=start_ns)
                | {"end_time_unix_nano": start_ns + lasted_ms * 10**6}
            ],
        )
    began, ended = (datetime.fromtimestamp(time.time() - hours * 3600, UTC) for hours in (3, 0))
    page.goto(f"/overview?from={began:%Y-%m-%dT%H:%M:%SZ}&to={ended:%Y-%m-%dT%H:%M:%SZ}")
    crawl = page.get_by_role("region", name="Slowest names").locator("tr", has_text="crawl")
    moved = crawl.locator(".moved.s-error")
    expect(moved).to_contain_text("×")
    href = moved.get_attribute("href")
    assert href is not None
    assert listed(page, href) == "1"
