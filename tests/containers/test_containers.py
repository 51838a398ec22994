"""Everything by Docker Compose, for real: images, recipes, hot reload, memory, sign-in behind nginx.

    python3 run.py containers

It needs Docker with Compose and the ports 3000, 4317, 8000, 8001 and 8002. TRACER_BASE_IMAGE names another base image than
python:3.13-slim.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.opening import parse_location
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from playwright.sync_api import Browser, Page, expect
from running import free_port

from tests.browser.browsing import chromium, send, send_giant, span
from tests.browser.proxied import KEY, NAME, PASSWORD, UPGRADE, proxied
from tests.containers.engine import (
    API,
    BACKEND,
    DYNAMODB,
    GRPC,
    PAGES,
    PROJECT,
    Checkout,
    container,
    docker,
    memory_mb,
    ports_in_use,
    wait_until_answers,
)

SESSIONS = 20
SPANS = 10_000
MOST_MEMORY_MB = 256


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    made = Checkout.copied_to(tmp_path_factory.mktemp("checkout"))
    made.just("clean-all")
    assert ports_in_use() == [], (
        "something else has these ports: found before the images are built, not minutes after"
    )
    yield made
    made.just("clean-all")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="class")
def prod(checkout: Checkout) -> Iterator[Checkout]:
    checkout.just("run-prod")
    seconds = wait_until_answers(f"{API}/health", f"{PAGES}/_health", DYNAMODB)
    print(f"\nrun-prod: answers after {seconds:.1f} s")
    yield checkout
    checkout.just("stop-dev")


@pytest.fixture(scope="class")
def dev(checkout: Checkout) -> Iterator[Checkout]:
    checkout.just("run-dev-detached", part="dashboard")
    seconds = wait_until_answers(f"{API}/health", f"{PAGES}/ui-api/about", f"{BACKEND}/ping", DYNAMODB)
    print(f"\nrun-dev-detached: answers after {seconds:.1f} s")
    yield checkout
    checkout.just("stop-dev", part="dashboard")


class TestProd:
    """`just run-prod`."""

    def test_ps_shows_all_three(self, prod: Checkout) -> None:
        shown = prod.just("ps")
        for service in ("dynamodb", "tracer-api", "dashboard"):
            assert service in shown

    def test_the_images_hold_neither_node_nor_sources_and_run_as_no_root(self, prod: Checkout) -> None:
        for service in ("tracer-api", "dashboard"):
            inside = ["exec", container(service), "python", "-c"]
            found = "import os, shutil; print(os.getuid(), shutil.which('node'), os.path.exists('/src'))"
            assert docker(*inside, found) == "10001 None False"
            image = docker("inspect", "--format", "{{.Image}}", container(service))
            base = os.environ.get("TRACER_BASE_IMAGE", "python:3.13-slim")
            size, below = (
                int(docker("image", "inspect", "--format", "{{.Size}}", of)) for of in (image, base)
            )
            print(f"\n{service}: image {size / 1e6:.0f} MB, of which {(size - below) / 1e6:.0f} MB are ours")
            assert size - below < 120e6

    def test_twenty_sessions_with_a_large_trace_take_less_than_half_of_the_512_mb(
        self, prod: Checkout, browser: Browser
    ) -> None:
        send_giant(API, SPANS)
        before = memory_mb(container("dashboard"))
        contexts = [browser.new_context() for _ in range(SESSIONS)]
        for context in contexts:
            page = context.new_page()
            page.goto(f"{PAGES}/trace/{1:032x}")
            expect(page.get_by_text("step 1", exact=True).first).to_be_visible(timeout=30_000)
        after = memory_mb(container("dashboard"))
        print(
            f"\ndashboard: {before:.0f} MB, with {SESSIONS} sessions of a trace of {SPANS} spans {after:.0f} MB"
        )
        for context in contexts:
            context.close()
        assert after < MOST_MEMORY_MB

    def test_docker_finds_them_healthy(self, prod: Checkout) -> None:
        for service in ("tracer-api", "dashboard"):
            deadline = time.monotonic() + 40
            while docker("inspect", "--format", "{{.State.Health.Status}}", container(service)) != "healthy":
                assert time.monotonic() < deadline
                time.sleep(0.5)

    def test_without_sign_in_it_does_not_start_for_others(self, prod: Checkout) -> None:
        image = docker("inspect", "--format", "{{.Image}}", container("dashboard"))
        ended = subprocess.run(["docker", "run", "--rm", image], capture_output=True, text=True, timeout=60)
        assert ended.returncode == 2
        assert "TRACER_DASHBOARD_PASSWORD" in ended.stderr

    def test_behind_nginx_with_tls_it_asks_who_comes(self, prod: Checkout, tmp_path: Path) -> None:
        image = docker("inspect", "--format", "{{.Image}}", container("dashboard"))
        port = free_port()
        settings = {
            "TRACER_API_URL": "http://tracer-api:8001", "TRACER_API_KEY": KEY, "TRACER_DASHBOARD_HOSTS": NAME,
            "TRACER_DASHBOARD_PASSWORD": PASSWORD, "TRACER_DASHBOARD_PROXIES": "172.16.0.0/12,192.168.0.0/16",
        }  # fmt: skip
        given = [word for name, value in settings.items() for word in ("--env", f"{name}={value}")]
        name = docker("run", "--rm", "--detach", "--memory", "512m", "--network", f"{PROJECT}_default",
                      "--publish", f"127.0.0.1:{port}:3000", *given, image)  # fmt: skip
        try:
            wait_until_answers(f"http://127.0.0.1:{port}/_health")
            with proxied(tmp_path, API, f"http://127.0.0.1:{port}") as site:
                assert site.ask("GET", "/traces").headers["location"].startswith("/sign-in")
                assert site.ask("GET", "/ui-api/traces").status_code == 401
                assert (
                    site.ask("GET", "/_event/?transport=websocket&EIO=4", headers=UPGRADE).status_code == 403
                )
                answer = site.ask(
                    "POST", "/sign-in", data={"password": PASSWORD}, headers={"Origin": site.origin}
                )
                cookie = answer.headers["set-cookie"]
                assert "secure" in cookie.lower()
                assert "httponly" in cookie.lower()
                session = {"Cookie": cookie.partition(";")[0]}
                assert site.ask("GET", "/ui-api/about", headers=session).status_code == 200
                with httpx.Client(verify=False) as client, client.stream(
                    "GET", f"https://127.0.0.1:{site.port}/_event/?transport=websocket&EIO=4",
                    headers={"Host": f"{NAME}:{site.port}", **session, **UPGRADE},
                ) as upgraded:  # fmt: skip
                    assert upgraded.status_code == 101
        finally:
            docker("stop", "--time", "3", name)


class TestDev:
    """`just run-dev-detached` in the folder dashboard/, with a browser on it."""

    @pytest.fixture
    def page(self, dev: Checkout, browser: Browser) -> Iterator[Page]:
        context = browser.new_context()
        page = context.new_page()
        page.goto(PAGES)
        expect(page.locator(".health")).to_contain_text("Connected", timeout=30_000)
        yield page
        context.close()

    def test_a_trace_that_is_sent_is_seen_and_lies_in_the_table(self, page: Page) -> None:
        send(API, [span(2, 0, "sent from the host")])
        expect(page.get_by_text("sent from the host").first).to_be_visible()
        client = parse_location(f"traces?endpoint={DYNAMODB}").client()
        assert client.get((keys.trace("dev", f"{2:032x}"), keys.HEAD)) is not None

    def test_a_trace_that_is_sent_by_grpc_is_seen(self, page: Page) -> None:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=GRPC, insecure=True)))
        with provider.get_tracer("test").start_as_current_span("sent by gRPC"):
            pass
        provider.shutdown()
        expect(page.get_by_text("sent by gRPC").first).to_be_visible()

    @pytest.mark.parametrize(
        ("file", "old", "new", "shown"),
        [
            ("dashboard.py", '"/", "Traces"', '"/", "Edited"', "document.title.startsWith('Edited')"),
            ("components/frame/frame.jsx", ">LLM Tracer<", ">Edited<", "document.querySelector('.product')?.textContent === 'Edited'"),
        ],
        ids=["py", "jsx"],
    )  # fmt: skip
    def test_an_edit_shows(
        self, dev: Checkout, page: Page, file: str, old: str, new: str, shown: str
    ) -> None:
        path = dev.folder / "dashboard" / "dashboard" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        page.wait_for_function(shown, timeout=60_000)
        path.write_text(text)
        page.wait_for_function(f"!({shown})", timeout=60_000)

    def test_logs_follow(self, dev: Checkout) -> None:
        process = dev.start("logs-dev")
        assert process.stdout is not None
        assert any("Tracer API ready" in process.stdout.readline() for _ in range(100))
        stop(process)


def test_run_dev_stays_in_the_foreground_and_ends_with_a_signal(checkout: Checkout) -> None:
    process = checkout.start("run-dev")
    wait_until_answers(f"{API}/health", f"{PAGES}/ui-api/about")
    assert process.poll() is None
    stop(process)
    assert container("dashboard") == ""
    checkout.just("stop-dev")


def test_clean_all_leaves_nothing(checkout: Checkout) -> None:
    checkout.just("clean-all")
    label = f"label=com.docker.compose.project={PROJECT}"
    assert docker("ps", "-aq", "--filter", label) == ""
    assert docker("volume", "ls", "-q", "--filter", label) == ""
    assert docker("images", "-q", f"{PROJECT}*") == ""


def stop(process: subprocess.Popen[str]) -> None:
    """Ctrl-C, as a terminal sends it to all processes of a recipe."""
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
