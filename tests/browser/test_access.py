"""What axe-core finds on every page, in both themes; and that nothing of a hostile sender runs or loads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from node import install_node_packages
from playwright.sync_api import Browser, Page, expect
from running import Running, start_service, stopping
from waiting import http

from .browsing import Watch, chat, dashboard, send, settled, span
from .hostile import MARKUP, hostile

AXE = "4.14.1"
WIDER_VIEWS = ("overview", "errors", "patterns", "ingest", "settings")
SHOWN_BY = {
    "j": "[aria-selected=true], .turn.here, tr[data-row]:focus", "Space": ".row-detail dd, .peek", "/": ".query input:focus", "m": ".completions li",
    "?": "dialog.help", "Control+k": "dialog.palette", "Shift+Y": "[role=menu]",
}  # fmt: skip
"""What a key brings up."""
VIEWS = ("tree", "chat", "transcript", "graph", "table", "raw")


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, from its package."""
    folder = tmp_path_factory.mktemp("axe")
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": {"axe-core": AXE}}))
    install_node_packages(folder)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture(scope="module")
def service(module_service: Running) -> Running:
    """With an agent's run, a failed call, and a hostile trace."""
    send(module_service.url, [*an_agent(1), hostile(2)])
    return module_service


@pytest.fixture(scope="module")
def site(service: Running, module_site: Running) -> Running:
    return module_site


def an_agent(trace: int) -> list[dict[str, Any]]:
    error = {"code": "error", "message": "no such order"}
    searches = [
        span(trace, n, "search", parent=0, kind="tool", attributes={"input.value": '{"q": 1}'})
        for n in range(2, 8)
    ]
    return [
        span(
            trace, 0, "support-agent", kind="agent", attributes={"session.id": "chat-42", "user.id": "alice"}
        ),
        chat(trace, 1, "where is order 42", parent=0),
        *searches,
        span(trace, 9, "refund", parent=0, kind="tool", status=error),
        chat(trace, 10, "sorry", parent=0),
    ]


def opened(browser: Browser, site: Running, theme: str = "light") -> tuple[Page, Watch]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, base_url=site.url, color_scheme=theme
    )  # type: ignore[arg-type]
    page = context.new_page()
    return page, Watch(page, site.url)


def serious(page: Page, axe: str) -> list[str]:
    """What axe calls serious or critical, one line each: by all of its rules in light, and by that of colours in dark."""
    page.evaluate(axe)
    lines = []
    for theme, other, rules in (("light", "dark", {}), ("dark", "light", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).not_to_have_class(re.compile(other))  # pages of the API have no class
        found = page.evaluate(
            "options => axe.run(document, options)", {"resultTypes": ["violations"], **rules}
        )
        lines += [
            f"{theme}, {each['id']}: {node['html'][:200]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
    page.emulate_media(color_scheme="light")
    return lines


def test_axe_finds_nothing_serious(browser: Browser, site: Running, axe: str) -> None:
    page, watch = opened(browser, site)
    found: dict[str, list[str]] = {}
    for name, path, key in [
        ("list", "/", ""), ("peek", f"/?peek={1:032x}", ""), ("no results", "/?q=name:nothing", ""),
        ("bad query", "/?q=nothing:here", ""), ("no trace", f"/trace/{99:032x}", ""),
        ("sessions", "/sessions", "j"), ("users", "/sessions?by=user", ""), ("no sessions", "/sessions?q=name:nothing", ""),
        ("all spans", "/spans", "j Space"), ("no spans", "/spans?q=name:nothing", ""), ("bad query of spans", "/spans?q=spans>1", ""),
        ("session", "/session/chat-42", "j"), ("steps", "/session/chat-42?steps=on", ""), ("no session", "/session/nothing", ""),
        ("compare", f"/compare?a={1:032x}&b={2:032x}", ""), ("spans", f"/compare?a={1:032x}/{1:08x}{2:08x}&b={1:032x}/{1:08x}{11:08x}", ""),
        ("nothing to compare", "/compare", ""), ("side missing", f"/compare?a={1:032x}&b={99:032x}", ""),
        ("palette", "/", "Control+k"), ("copy as", f"/trace/{1:032x}", "Shift+Y"), ("help", "/", "?"), ("completion", "/", "/ m"),
        *((view, f"/trace/{1:032x}?view={view}", "") for view in VIEWS),
        *((name, f"/{name}", "") for name in WIDER_VIEWS), ("affected", "/errors", "j Space"),
    ]:  # fmt: skip
        page.goto(path)
        settled(page)
        for one in key.split():
            page.keyboard.press(one)
            expect(page.locator(SHOWN_BY[one]).first).to_be_visible()
        found[name] = serious(page, axe)
    for name in ("Views", "Columns"):
        page.goto("/")
        settled(page)
        page.locator(".drop-button", has_text=name).click()
        expect(page.locator(".drop-panel")).to_be_visible()
        found[name] = serious(page, axe)
    page.context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert watch.faults == []


def test_axe_finds_nothing_serious_before_the_first_span(browser: Browser, axe: str, tmp_path: Path) -> None:
    with stopping(start_service(tmp_path)) as service, dashboard(tmp_path, service.url) as empty:
        page, watch = opened(browser, empty)
        page.goto("/")
        expect(page.locator(".empty")).to_be_visible()
        found = serious(page, axe)
        page.context.close()
    assert (found, watch.faults) == ([], [])


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious_on_the_pages_of_the_api(
    browser: Browser, service: Running, axe: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, base_url=service.url)
    page = context.new_page()
    found = {}
    for path in ("/", "/?q=nothing:here", f"/traces/{1:032x}", "/ingest", "/docs"):
        page.goto(path)
        found[path] = serious(page, axe)
    context.close()
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("path", "aim"),
    [
        ("/", "a.row"),
        (f"/trace/{1:032x}", ".grid-body [role=row]"),
        (f"/trace/{1:032x}?view=chat", ".pane .message"),
        ("/overview", ".charts"),
        ("/sessions", ".page a"),
        ("/spans", "a.row"),
    ],
)
def test_at_200_percent_nothing_is_cut_off_or_out_of_reach(
    browser: Browser, site: Running, path: str, aim: str
) -> None:
    """A window of 1280 × 800 at 200 % has room for 640 × 400 pixels of the sheet."""
    context = browser.new_context(
        viewport={"width": 640, "height": 400}, device_scale_factor=2, base_url=site.url
    )
    page = context.new_page()
    page.goto(path)
    content = page.locator(aim).first
    content.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    content.scroll_into_view_if_needed()
    expect(content).to_be_in_viewport()
    page.get_by_role("navigation", name="Pages").get_by_text("Settings").click()
    expect(page).to_have_url(re.compile("/settings"))
    context.close()


def test_on_a_phone_every_page_is_in_reach_and_none_scrolls_sideways(browser: Browser, site: Running) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=site.url)
    page = context.new_page()
    for path in ("/", f"/trace/{1:032x}", "/session/chat-42", "/sessions", "/spans"):
        page.goto(path)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        links = page.get_by_role("navigation", name="Pages").locator(".rail-item")
        expect(links).to_have_count(9)
        for link in links.all():
            expect(link).to_be_in_viewport(ratio=1)
    context.close()


def test_nothing_of_a_hostile_sender_runs_or_loads(browser: Browser, site: Running) -> None:
    page, watch = opened(browser, site)
    page.goto("/")
    expect(page.locator("a.row")).to_have_count(2)
    for view in VIEWS:
        page.goto(f"/trace/{2:032x}?view={view}")
        settled(page)
        tabs = page.locator(".tabs [role=tab]")
        for number in range(tabs.count()):
            tabs.nth(number).click()
            expect(tabs.nth(number)).to_have_attribute("aria-selected", "true")
            settled(page)
    for path in (
        "/spans",
        f"/spans?peek={2:032x}/{2:08x}{1:08x}",
        "/sessions",
        "/sessions?by=user",
        f"/session/{quote(MARKUP, safe='')}?steps=on",
    ):
        page.goto(path)
        expect(page.locator(".page")).to_contain_text(MARKUP)
    page.goto(f"/compare?a={1:032x}&b={2:032x}")
    expect(page.locator(".pair.here")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("j")
        settled(page)
    for name in WIDER_VIEWS:
        page.goto(f"/{name}")
        settled(page)
        assert page.locator("#page img, #page script").count() == 0
    assert page.locator("img[src=x], .markdown img, .markdown script").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    page.context.close()
    assert watch.faults == []


def test_both_processes_talk_to_loopback_only(site: Running, service: Running, browser: Browser) -> None:
    """While pages are looked at, neither the dashboard nor the service has a connection to anywhere else."""
    page, watch = opened(browser, site)
    page.goto("/")
    expect(page.locator("a.row")).to_have_count(2)
    page.goto(f"/trace/{1:032x}")
    expect(page.locator(".grid .selected")).to_be_visible()
    page.goto("/spans")
    expect(page.locator("a.row").first).to_be_visible()
    remote = remote_addresses(site.process.pid) | remote_addresses(service.process.pid)
    for name in WIDER_VIEWS:
        page.goto(f"/{name}")
        settled(page)
        remote |= remote_addresses(site.process.pid) | remote_addresses(service.process.pid)
    page.context.close()
    assert watch.faults == []
    assert remote <= {
        "0100007F",
        "00000000",
        "00000000000000000000000001000000",
        "0000000000000000FFFF00000100007F",
    }
    assert http.get(f"{site.url}/_health").is_success


def remote_addresses(pid: int) -> set[str]:
    """The far ends of the TCP sockets of a process, as Linux writes them."""
    inodes = {
        link.readlink().name.removeprefix("socket:[").rstrip("]")
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink() and str(link.readlink()).startswith("socket:")
    }
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                found.add(fields[2].partition(":")[0])
    return found
