"""Every command of the documentation: it is run here as it is written, or the table says which test runs it, or why none.

The commands of a page run one after another, as somebody would give them who has the traces of the demo. What differs from
the page: ports, ids, the place of the store, and secrets.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
import pytest
from llm_tracer_service.cli.dynamodb_local import DynamoDBLocal
from llm_tracer_service.settings import cache_dir
from running import COMMAND, Running, free_port, start, stopping
from waiting import PATIENCE_S

HERE = Path(__file__).resolve().parent.parent
PAGES = [
    *sorted(HERE.glob("*.md")),
    *sorted((HERE / "docs").glob("*.md")),
    *sorted(HERE.glob("[!.]*/README.md")),
]


@dataclass(frozen=True)
class Runs:
    """It is run here and ends with this code."""

    exit_code: int = 0


@dataclass(frozen=True)
class Serves:
    """It is run here until the Tracer API answers, then stopped. `ports` are options for free ones."""

    ports: tuple[str, ...] = ("--port",)


@dataclass(frozen=True)
class Sets:
    """It sets variables for the commands after it on its page."""


@dataclass(frozen=True)
class Elsewhere:
    """This test runs it, with ports, folders and names of its own."""

    test: str


@dataclass(frozen=True)
class Not:
    """No test runs it, nor what comes after it in its block."""

    because: str


How: TypeAlias = Runs | Serves | Sets | Elsewhere | Not

UP = Serves(("--port", "--dashboard-port", "--dashboard-backend-port", "--otlp-port"))
CONTAINERS = "tests/containers/test_containers.py"
IMAGES = Elsewhere(f"{CONTAINERS}::test_the_images_hold_neither_node_nor_sources_and_run_as_no_root")
EXPORTER = Elsewhere("tests/test_exporters.py::test_the_python_exporter_delivers_1000_spans_and_logs_nothing")
OF_THE_INDEX = Not("installs from a package index; run.py and tests/test_install.py install the same")
OF_AWS = Not("needs an account of AWS; tests/test_template.py and tests/test_deploy.py hold the templates")
THE_SUITE = Not("is what runs this test")

TABLE: dict[str, How] = {
    "curl ": Runs(),
    "curl -X DELETE 'localhost:8001/api/traces?q=tag:test'": Runs(exit_code=22),
    "llm-tracer compare ": Runs(exit_code=1),  # as diff: there are differences
    "llm-tracer export ": Runs(),
    "llm-tracer export | llm-tracer import --url https://": Elsewhere(
        "tests/test_export.py::test_a_query_chooses_and_standard_input_and_output_connect"
    ),
    "llm-tracer import ": Runs(),
    "llm-tracer import ~/": Elsewhere(
        "service/tests/session_logs/test_recorded.py::test_totals_are_those_of_the_server"
    ),
    "llm-tracer keys create shop": Runs(),
    "llm-tracer ls ": Runs(),
    "llm-tracer serve": Serves(),
    "llm-tracer show": Runs(),
    "llm-tracer stats ": Runs(),
    "llm-tracer store backup ": Runs(),
    "llm-tracer store create": Runs(),
    "llm-tracer store info": Runs(),
    "llm-tracer store verify": Runs(),
    "llm-tracer tail": Elsewhere(
        "service/tests/cli/test_reading_commands.py::test_tail_tells_what_was_there_and_what_comes"
    ),
    "llm-tracer up": UP,
    "llm-tracer up --store dynamodb-local": Elsewhere(
        "service/tests/cli/test_dynamodb.py::test_dynamodb_local_keeps_its_data_and_ends_with_the_command"
    ),
    "TRACER_API_KEY=project-shop.… llm-tracer up": UP,
    "TRACER_PRICES=prices.toml llm-tracer up": UP,
    "python -m llm_tracer doctor": Runs(),
    "python -m llm_tracer_dashboard": Elsewhere(
        "dashboard/tests/test_launcher.py::test_both_ports_serve_and_the_api_that_is_missing_is_said"
    ),
    "export LANGFUSE_": Elsewhere("tests/test_peers.py::test_langfuse_for_javascript"),
    "export LANGSMITH_": Elsewhere("tests/instrumented/test_langsmith.py::test_langgraph_in_python"),
    "export OPIK_": Elsewhere("service/tests/api/test_app_opik.py::test_a_program_is_kept_whole"),
    "export OTEL_EXPORTER_OTLP_ENDPOINT=": EXPORTER,
    "export OTEL_EXPORTER_OTLP_HEADERS=": Elsewhere(
        "tests/test_exporters.py::test_the_program_of_the_javascript_page"
    ),
    "export OTEL_EXPORTER_OTLP_PROTOCOL=": EXPORTER,
    "export TRACER_API_KEYS=": Sets(),
    "export TRACER_API_URL=https://….lambda-url": OF_AWS,
    "export TRACER_DASHBOARD_HOSTS=": Sets(),
    "export TRACER_STORE='dynamodb:traces?endpoint=": Sets(),
    "export TRACER_STORE='dynamodb:traces?region=": OF_AWS,
    "aws cloudformation deploy ": OF_AWS,
    "sam deploy ": OF_AWS,
    "claude mcp add ": Not("needs that program; tests/test_mcp.py runs the server that it is told of"),
    "docker build ": IMAGES,
    "docker run ": IMAGES,
    "just clean-all": Elsewhere(f"{CONTAINERS}::test_clean_all_leaves_nothing"),
    "just ps": Elsewhere(f"{CONTAINERS}::test_ps_shows_all_three"),
    "just run-dev ": Elsewhere(f"{CONTAINERS}::test_run_dev_stays_in_the_foreground_and_ends_with_a_signal"),
    "just run-dev-detached": Elsewhere(f"{CONTAINERS}::test_logs_follow"),
    "just run-prod": IMAGES,
    "just stop-dev": Elsewhere(f"{CONTAINERS}::test_clean_all_leaves_nothing"),
    "npm install ": Elsewhere(
        "tests/test_exporters.py::test_the_javascript_exporter_delivers_1000_spans_and_logs_nothing"
    ),
    "pip install ": OF_THE_INDEX,
    "python build_frontend.py": Not("run.py has run it before any test"),
    "python dev.py": Elsewhere(f"{CONTAINERS}::test_an_edit_shows"),
    "python -m pytest tests": THE_SUITE,
    "python3 run.py check": THE_SUITE,
    "python3 run.py dev": Elsewhere(f"{CONTAINERS}::test_an_edit_shows"),
    "python3 run.py release": OF_THE_INDEX,
    "python3 run.py test": THE_SUITE,
    "python3 run.py wheels": Elsewhere(
        "tests/test_install.py::test_everything_starts_from_the_wheels_without_node_or_network"
    ),
    "python3 run.py up": Not("installs everything, then it is `llm-tracer up`"),
    "python3.13 run.py lambda ": Elsewhere("tests/test_lambda.py::test_the_same_sources_give_the_same_bytes"),
    "journalctl ": Not("needs systemd"),
    "sudo ": Not("needs root and systemd"),
}
"""How each command is run, by how it begins; the longest beginning counts."""


@dataclass(frozen=True)
class Command:
    """One command of a page, and what the page says that it answers."""

    text: str
    block: int
    answer: str | None = None

    @property
    def how(self) -> How | None:
        beginnings = [beginning for beginning in TABLE if self.text.startswith(beginning)]
        return TABLE[max(beginnings, key=len)] if beginnings else None


def commands_of(page: Path) -> list[Command]:
    found: list[Command] = []
    blocks = re.findall(
        r"^( *)```bash\n(.*?)^\1```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    for number, (_, block) in enumerate(blocks):
        text = ""
        for line in block.splitlines(keepends=True):
            if not text and line.startswith("# {"):
                found[-1] = replace(found[-1], answer=line.removeprefix("# ").strip())
            text += line
            if is_whole(text):
                found += [Command(re.sub(r"\s*\\\n\s*", " ", text).strip(), number)] if words_of(text) else []
                text = ""
    return found


def words_of(text: str) -> list[str]:
    return shlex.split(text, comments=True)


def is_whole(text: str) -> bool:
    """Whether no quote is open, and no line is to follow."""
    try:
        words_of(text)
    except ValueError:
        return False
    return not text.endswith("\\\n")


def test_every_command_is_in_the_table() -> None:
    unknown = [each.text for page in PAGES for each in commands_of(page) if each.how is None]
    assert unknown == [], "say in TABLE how it is run"


def test_the_table_has_nothing_that_the_documentation_has_not() -> None:
    texts = [each.text for page in PAGES for each in commands_of(page)]
    assert [beginning for beginning in TABLE if not any(text.startswith(beginning) for text in texts)] == []


def test_the_tests_that_the_table_names_are_there() -> None:
    for path, _, name in (how.test.partition("::") for how in TABLE.values() if isinstance(how, Elsewhere)):
        tree = ast.parse((HERE / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, path


def run_here(page: Path) -> list[Command]:
    """The commands of a page that are run here: none after one of its block that is not run at all."""
    found: list[Command] = []
    left_out: set[int] = set()
    for command in commands_of(page):
        if isinstance(command.how, Not):
            left_out.add(command.block)
        if isinstance(command.how, Runs | Serves) and command.block not in left_out:
            found.append(command)
        if isinstance(command.how, Sets):
            found.append(command)
    return found


@dataclass
class Shell:
    """Runs commands as somebody who reads a page does. `written` is what stands on pages, and what stands for it here;
    `variables` are those that a page has set."""

    folder: Path
    environment: dict[str, str]
    written: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """A command with what stands for its ports, ids and secrets here."""
        for name, value in self.written.items():
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", value, text)
        return text

    def set(self, command: Command) -> None:
        _, *variables = words_of(self.here(command.text))
        self.variables.update(variable.split("=", 1) for variable in variables)

    def run(self, command: Command, exit_code: int) -> None:
        text = self.here(command.text)
        ended = subprocess.run(
            ["bash", "-c", text], cwd=self.folder, env={**self.environment, **self.variables},
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert ended.returncode == exit_code, (text, ended.stdout, ended.stderr)
        if command.answer is not None:
            assert re.fullmatch(
                re.escape(command.answer).replace("…", ".+"), re.sub(r"(?<=[:,])", " ", ended.stdout)
            ), text
        self.written.update(told_by(ended.stdout))

    def serve(self, command: Command, ports: Sequence[str]) -> None:
        """The store of the environment is in use: without one of the page, it serves a new one beside it."""
        words = words_of(self.here(command.text))
        own = {"TRACER_STORE": f"sqlite:{self.folder / 'served.db'}", **self.variables}
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            own[name] = value
        free = {option: str(free_port()) for option in ports}
        options = [word for pair in free.items() for word in pair]
        url = f"http://127.0.0.1:{free['--port']}"
        started = start(
            [*words, *options],
            url,
            self.folder / "serve.log",
            {**self.environment, **own},
            folder=self.folder,
        )
        with stopping(started):
            pass


def told_by(output: str) -> Iterator[tuple[str, str]]:
    """What a command gives to the commands after it: a key, or the ids of an answer."""
    if output.startswith("project-"):
        yield "project-shop.…", output.strip()
    elif output.startswith('{"'):
        answer = json.loads(output)
        yield from ((name.upper(), value) for name, value in answer.items() if name.endswith("_id") and value)


@pytest.fixture
def service(own_service: Running) -> Running:
    """The commands of a page use its file, too, and other projects."""
    return own_service


@pytest.fixture
def shell(service: Running, api: httpx.Client, tmp_path: Path) -> Shell:
    """That of somebody with the traces of the demo, for whom curl fails where the Tracer API refuses."""
    subprocess.run([COMMAND, "demo", "--url", service.url], check=True, capture_output=True)
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\n")
    good, bad = (
        api.get("/api/traces", params={"q": f"status:{each}"}).json()["traces"][0]["trace_id"] for each in ("ok", "error")
    )  # fmt: skip
    (span, *_) = api.get(f"/api/traces/{good}").json()["spans"]
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path), "LANG": "C.UTF-8",
        "TRACER_API_URL": service.url, "TRACER_STORE": f"sqlite:{tmp_path / 'traces.db'}",
    }  # fmt: skip
    written = {
        "localhost:8001": urlsplit(service.url).netloc, "SECRET": "0123456789abcdef",
        "TRACE_ID": good, "GOOD_ID": good, "BAD_ID": bad, "SPAN_ID": span["span_id"],
    }  # fmt: skip
    (prices,) = re.findall(r"```toml\n(.*?)```", (HERE / "docs" / "prices.md").read_text(), re.DOTALL)
    (tmp_path / "prices.toml").write_text(prices)
    return Shell(tmp_path, environment, written)


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBLocal]:
    server = DynamoDBLocal(cache_dir() / "dynamodb-local")
    yield server
    server.stop()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if run_here(page)], ids=lambda page: str(page.relative_to(HERE))
)
def test_the_commands_of_a_page(page: Path, shell: Shell, request: pytest.FixtureRequest) -> None:
    if page.stem == "dynamodb":
        server = request.getfixturevalue("dynamodb")
        shell.written["http://localhost:8000"] = server.endpoint
    for command in run_here(page):
        match command.how:
            case Sets():
                shell.set(command)
            case Runs(exit_code):
                shell.run(command, exit_code)
            case Serves(ports):
                shell.serve(command, ports)
