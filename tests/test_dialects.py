"""The report of what the API says about captured telemetry, and the page that explains it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from llm_tracer.model.span import SpanData
from llm_tracer_service.reading import load_reader

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "benchmarks" / "dialects.py"
PAGE = (ROOT / "docs" / "dialects.md").read_text("utf-8")
LIBRARIES = (ROOT / "docs" / "libraries.md").read_text("utf-8")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, REPORT, *arguments], capture_output=True, text=True, timeout=300)


def test_every_difference_to_the_truth_is_explained() -> None:
    report = run()
    assert "MISS" not in report.stdout, report.stdout
    assert "found after all" not in report.stdout, report.stdout
    assert report.returncode == 0, report.stderr


def test_the_page_shows_the_explained_cases() -> None:
    (shown,) = re.findall(r"<!-- exceptions -->\n(.*)<!-- end -->", LIBRARIES, re.DOTALL)
    assert shown == run("--table").stdout, (
        "put what benchmarks/dialects.py --table prints into docs/libraries.md"
    )


def test_the_example_of_the_page_is_read_as_it_says(tmp_path: Path) -> None:
    (sent,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    (table,) = re.findall(r"```toml robot\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "robot.toml").write_text(table)
    reader = load_reader(tmp_path / "robot.toml")
    span = SpanData("1" * 32, "2" * 16, "act", 1, 2, attributes=json.loads(sent))
    reading, content = reader.read(span), reader.content(span)
    assert (reading.kind, reading.model, reading.session_id, reading.ttft_ms) == (
        "llm",
        "tiny-2",
        "m-7",
        250.0,
    )
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.output) == (12, 5)
    assert content.output_messages[0].parts == ({"type": "text", "content": "Left of the door."},)
    assert content.input_raw == [{"who": "user", "said": "Where is the dock?"}]
    assert content.provenance["usage_input"] == "robot.cost"
    assert reading.output_preview == "Left of the door."
