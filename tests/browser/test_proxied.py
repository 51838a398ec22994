"""The dashboard and the Tracer API behind the nginx of deploy/nginx.conf, with TLS, as on a server of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright, WebSocket, expect
from running import start_service, stopping
from waiting import http

from .browsing import Watch, dashboard, launch, span
from .proxied import HERE, KEY, NAME, PASSWORD, UPGRADE, Site, proxied


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("proxied")
    people = {"TRACER_API_KEY": KEY, "TRACER_DASHBOARD_HOSTS": NAME, "TRACER_DASHBOARD_PASSWORD": PASSWORD}
    with (
        stopping(start_service(folder, env={"TRACER_API_KEYS": KEY})) as service,
        dashboard(folder, service.url, env=people) as pages,
        proxied(folder, service.url, pages.url) as site,
    ):
        yield site


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launch(playwright, f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as one:
        yield one


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True)
    yield context.new_page()
    context.close()


def send(site: Site, number: int, name: str, key: str = KEY) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return site.ask("POST", "/api/spans", headers=headers, json={"spans": [span(number, 0, name)]})


def sign_in(page: Page) -> None:
    """By keyboard alone: the field has the focus, once it is drawn."""
    expect(page.locator("input[type=password]")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("path", ["/", "/traces", "/trace/" + "0" * 32])
def test_without_sign_in_a_page_is_the_sign_in_page(site: Site, path: str) -> None:
    answer = site.ask("GET", path)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


@pytest.mark.parametrize(
    "path", ["/ui-api/traces", "/ui-api/about", "/ping", "/list.css", "/assets/x.js", "/nowhere"]
)
def test_without_sign_in_nothing_else_is_served(site: Site, path: str) -> None:
    answer = site.ask("GET", path)
    assert (answer.status_code, answer.json()["title"]) == (401, "Signed out")


def test_the_health_is_for_everybody(site: Site) -> None:
    assert site.ask("GET", "/_health").status_code == 200


def test_without_sign_in_the_socket_is_refused(site: Site) -> None:
    answer = site.ask("GET", "/_event/?transport=websocket&EIO=4", headers=UPGRADE)
    assert answer.status_code == 403


def test_plain_http_leads_to_https(site: Site) -> None:
    answer = http.get(f"http://127.0.0.1:{site.plain_port}/traces?q=a", headers={"Host": NAME})
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}/traces?q=a")


def test_the_whole_by_keyboard_on_one_origin(site: Site, page: Page) -> None:
    assert send(site, 1, "before anybody looked").status_code == 200
    watch = Watch(page, site.origin)
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.goto(f"{site.origin}/traces?q=looked")
    expect(page).to_have_title("Sign in · LLM Tracer")
    sign_in(page)
    expect(page.get_by_text("before anybody looked").first).to_be_visible()
    assert page.url == f"{site.origin}/traces?q=looked"
    expect(page.locator(".health")).to_contain_text("Connected")
    assert [socket.url.partition("?")[0].rstrip("/") for socket in sockets] == [
        f"wss://{NAME}:{site.port}/_event"
    ]
    (cookie,) = (one for one in page.context.cookies() if one["name"] == "llm_tracer_session")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    assert PASSWORD not in str(cookie)
    assert watch.faults == []


def test_what_arrives_is_seen_at_once(site: Site, page: Page) -> None:
    page.goto(f"{site.origin}/")
    sign_in(page)
    expect(page.locator(".health")).to_contain_text("Connected")
    assert send(site, 2, "while somebody looked").status_code == 200
    expect(page.get_by_text("while somebody looked").first).to_be_visible()


def test_who_signs_out_is_out_and_an_open_page_of_theirs_too(site: Site, page: Page) -> None:
    page.goto(f"{site.origin}/")
    sign_in(page)
    other = page.context.new_page()
    other.goto(f"{site.origin}/traces")
    expect(other.locator(".health")).to_contain_text("Connected")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · LLM Tracer")
    assert page.context.cookies() == []
    # Whatever it asks next leads it out: what it was about to ask anyhow, or what it is told to look at now.
    assert send(site, 4, "when nobody may look").status_code == 200
    expect(other).to_have_title("Sign in · LLM Tracer")


def test_a_program_needs_its_key(site: Site) -> None:
    assert send(site, 3, "nobody's", "project-dev.other").status_code == 401
    assert site.ask("GET", "/api/traces").status_code == 401


def test_a_forged_address_gives_no_more_attempts(site: Site) -> None:
    def guess(n: int) -> int:
        forged = {"X-Forwarded-For": f"198.51.100.{n}", "Origin": site.origin}
        return site.ask("POST", "/sign-in", data={"password": "guess"}, headers=forged).status_code

    assert [guess(n) for n in range(6)] == [403] * 5 + [429]


def test_the_example_for_caddy_says_the_same_as_that_for_nginx() -> None:
    nginx, caddy = ((HERE / "deploy" / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    found = [
        set(re.findall(r"127\.0\.0\.1:\d+|traces\.example\.com|max-age=\d+", text)) for text in (nginx, caddy)
    ]
    assert found[0] == found[1]
