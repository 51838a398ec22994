"""What the README promises is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
from reading import all_traces
from running import Running, environment_of
from waiting import PATIENCE_S, until

HERE = Path(__file__).resolve().parent.parent
README = (HERE / "README.md").read_text()


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_its_example_shows_its_trace(service: Running, api: httpx.Client) -> None:
    (program,) = fenced("python")
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment_of(service),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert ended.stdout == "Paris.\n"
    (trace,) = until(lambda: all_traces(api))
    assert (trace["name"], trace["status"], trace["span_count"]) == ("answer", "ok", 3)
    assert (trace["usage"]["input"], trace["usage"]["output"]) == (24, 2)
    assert trace["models"] == ["gpt-4o-mini"]
    assert trace["cost"]["total"] > 0
    assert trace["input_preview"] == "What is the capital of France?"
    assert trace["output_preview"] == "Paris."


def test_its_example_has_ten_lines() -> None:
    (program,) = fenced("python")
    assert len([line for line in program.splitlines() if line.strip()]) <= 10


def test_it_has_exactly_two_set_up_commands_and_ci_runs_the_second() -> None:
    first, second, *_ = (block.strip() for block in fenced("bash"))
    assert (first, second) == ("python3 run.py up", "python3 run.py test")
    assert second in (HERE / ".ci" / "run").read_text()


def test_its_links_lead_to_files_of_the_repository() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    missing = [link for link in links if "://" not in link and not (HERE / link).exists()]
    assert missing == []
