"""What the API says about captured telemetry, held to what the captured programs did.

    .venv/bin/python benchmarks/dialects.py [FOLDER] [--only SOURCE] [--exceptions FILE]

Starts the service, replays every source of FOLDER (tests/fixtures/otlp unless given) over HTTP into a project of its
own, reads all of it back through the public API, and prints a table: source by fact, found / on the wire. The truth is
the folder's manifest.json. A fact counts as on the wire where its value is anywhere in the bytes that were sent; a
short number may be there by chance. Where the API says less than the wire, or another sum than the program made, the
case is listed; it is a miss unless a line of dialects_exceptions.toml (beside the script, or in FOLDER) says what was
really sent. Ends with 1 when there is a miss.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

import httpx
from corpus import Source, sources
from running import start_service, stopping
from waiting import client_of

EXCEPTIONS = HERE / "dialects_exceptions.toml"
FACTS = (
    "calls", "input", "output", "cached", "reasoning", "asked", "answered", "tools", "user", "text", "session",
    "user_id", "errors",
)  # fmt: skip
"""calls: model calls of the traces; input to reasoning: tokens summed over the traces; asked, answered: models;
user, text: the last user message and the answer of each call; session, user_id: of the traces."""

CREDENTIALS = ("authorization", "x-api-key")


@dataclass(frozen=True)
class Outcome:
    """One fact of one source: what the API says, what the bytes hold, and what the program did."""

    found: int
    on_wire: int
    truth: int
    is_sum: bool = False
    missing: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """As the program did it."""
        return self.found == self.truth

    @property
    def is_all_that_was_sent(self) -> bool:
        """Not as the program did it, but no value is missing that is on the wire."""
        return self.found == self.on_wire if self.is_sum else self.on_wire <= self.found <= self.truth

    def __str__(self) -> str:
        return f"{self.found}/{self.on_wire}" if self.found != self.on_wire else str(self.found)


@dataclass(frozen=True)
class Said:
    """All that the public API says about the traces of one source."""

    traces: list[dict[str, Any]]
    spans: list[dict[str, Any]]
    sessions: set[str]
    totals: dict[str, Any]

    @cached_property
    def calls(self) -> list[dict[str, Any]]:
        """The spans of model calls."""
        return [span for span in self.spans if span["kind"] in ("llm", "embedding")]

    @cached_property
    def numbers(self) -> set[int]:
        """Every whole number that was sent, also inside JSON."""
        found: set[int] = set()
        for span in self.spans:
            found.update(_numbers([span["attributes"], span["events"], span["resource"]]))
        return found

    def tokens(self, name: str) -> int:
        """The sum over the project, where a call that two traces report counts once."""
        return (self.totals["usage"] or {}).get(name) or 0

    def texts(self, side: str) -> str:
        """All texts of one side of the model calls, one under the other."""
        return "\n".join(
            str(part["content"])
            for span in self.spans
            for message in span[side]
            for part in message["parts"]
            if part["type"] == "text"
        )

    def tool_calls(self) -> set[tuple[str, str]]:
        """Name and arguments of each tool call that a model made or a tool span says."""
        executed = {
            _call(span["tool"]["name"], span["tool"]["arguments"]) for span in self.spans if span["tool"]
        }
        return executed | {
            _call(part.get("name"), part.get("arguments"))
            for span in self.spans
            for side in ("output_messages", "input_messages")
            for message in span[side]
            for part in message["parts"]
            if part["type"] == "tool_call"
        }


def _call(name: Any, arguments: Any) -> tuple[str, str]:
    return str(name), json.dumps(arguments, sort_keys=True)


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, str) and value[:1] in '{["':
        try:
            yield from _numbers(json.loads(value))
        except ValueError:
            yield from (int(digits) for digits in re.findall(r"\d{1,15}", value))
    elif (isinstance(value, str) and value.isdecimal() and len(value) < 16) or (
        isinstance(value, float | int) and not isinstance(value, bool) and value == value // 1
    ):
        yield int(value)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _numbers(member)
    elif isinstance(value, list):
        for member in value:
            yield from _numbers(member)


class Judge:
    """Holds what the API says of one source to its truth."""

    def __init__(self, source: Source, said: Said) -> None:
        self._truth = source.manifest["truth"]
        self._said = said
        self._wire = "\n".join(request.content().decode("utf-8", "replace") for request in source.requests)
        answered = [call for call in self._truth["calls"] if call["status"] == 200]
        self._answered = answered
        self._models = [call for call in answered if "embed" not in call["api"]]
        self._failed = [call for call in self._truth["calls"] if call["status"] != 200]

    def outcomes(self) -> dict[str, Outcome]:
        """Every fact."""
        calls, said = self._models, self._said
        texts = [call["assistant_text"] for call in calls if call["assistant_text"]]
        asked = [call["last_user_message"] for call in calls if call["last_user_message"]]
        tools = {_call(t["name"], t["args"]) for call in calls for t in call["tool_calls"]}
        return {
            "calls": self._calls(),
            "input": self._tokens("input_tokens", "input"),
            "output": self._tokens("output_tokens", "output"),
            "cached": self._tokens("cached_tokens", "cache_read"),
            "reasoning": self._tokens("reasoning_tokens", "reasoning"),
            "asked": self._each(
                [c["request_model"] for c in calls], map(_bare, (s["request_model"] for s in said.calls))
            ),
            "answered": self._each([c["response_model"] for c in calls], [s["model"] for s in said.calls]),
            "tools": self._tools(tools),
            "user": self._within(asked, said.texts("input_messages")),
            "text": self._within(texts, said.texts("output_messages")),
            "session": self._each(
                self._truth["session_ids"], {t["session_id"] for t in said.traces} & said.sessions
            ),
            "user_id": self._each(self._truth["user_ids"], {t["user_id"] for t in said.traces}),
            "errors": self._errors(),
        }

    def _calls(self) -> Outcome:
        made = self._truth["llm_calls"]
        return Outcome(self._said.totals["llm_calls"], made, made, is_sum=True)

    def _tokens(self, name: str, field: str) -> Outcome:
        sent = [call[name] for call in self._answered if call.get(name)]
        there = [number for number in sent if number in self._said.numbers]
        return Outcome(self._said.tokens(field), sum(there), sum(sent), is_sum=True)

    def _each(self, wanted: Iterable[str], have: Iterable[str | None]) -> Outcome:
        """As often as it was."""
        want, got = Counter(wanted), Counter(have)
        found = sum(min(count, got[value]) for value, count in want.items())
        there = sum(count for value, count in want.items() if self._is_on_wire(value))
        missing = [value for value, count in want.items() if got[value] < count]
        return Outcome(found, there, want.total(), missing=tuple(missing))

    def _tools(self, wanted: set[tuple[str, str]]) -> Outcome:
        missing = wanted - self._said.tool_calls()
        there = [
            (name, arguments)
            for name, arguments in wanted
            if all(map(self._is_on_wire, (name, *_literals(json.loads(arguments)))))
        ]
        found = len(wanted) - len(missing)
        return Outcome(found, len(there), len(wanted), missing=tuple(" ".join(call) for call in missing))

    def _within(self, wanted: list[str], have: str) -> Outcome:
        """The truth cuts long texts, with an ellipsis."""
        cut = [text.rstrip("…")[:400] for text in wanted]
        missing = [text for text in cut if text not in have]
        there = sum(map(self._is_on_wire, cut))
        return Outcome(len(cut) - len(missing), there, len(cut), missing=tuple(missing))

    def _errors(self) -> Outcome:
        """Calls that failed: a span in error says the provider's words."""
        said = "\n".join(
            f"{span['error']['type']} {span['error']['message']} {span['error'].get('stack')}"
            for span in self._said.spans
            if span["status"] == "error" and span["error"]
        )
        return self._within(sorted({call["error"] for call in self._failed}), said)

    def _is_on_wire(self, text: str) -> bool:
        once = json.dumps(text)[1:-1]
        open_once = json.dumps(text, ensure_ascii=False)[1:-1]
        forms = (
            text,
            once,
            open_once,
            json.dumps(once)[1:-1],
            json.dumps(open_once, ensure_ascii=False)[1:-1],
        )
        # gpt-4o is not there where only gpt-4o-mini is.
        return any(
            re.search(re.escape(form) + r"(?!-\w)", self._wire) if len(form) < 80 else form in self._wire
            for form in forms
        )


def _bare(model: str | None) -> str | None:
    """The model without the provider that some write before it: openai/gpt-4o."""
    return model and model.rsplit("/", 1)[-1]


def _literals(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _literals(member)
    elif isinstance(value, list):
        for member in value:
            yield from _literals(member)
    elif isinstance(value, str):
        yield value


# --- the service ------------------------------------------------------------------------------------------------------


def replay(api: httpx.Client, source: Source) -> None:
    """Posts everything that a source sent, as it was sent, but into its own project."""
    for request in source.requests:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in CREDENTIALS}
        answer = api.post(request.path, content=request.body, headers=headers)
        if not answer.is_success:
            raise SystemExit(f"{source.name}/{request.file}: {answer.status_code} {answer.text[:300]}")


def listen(api: httpx.Client) -> Said:
    """Everything that the API says about the project."""
    traces = list(_pages(api, "/api/traces", "traces"))
    spans = [
        api.get(f"/api/traces/{trace['trace_id']}/spans/{row['span_id']}").raise_for_status().json()
        for trace in traces
        for row in _pages(api, f"/api/traces/{trace['trace_id']}", "spans")
    ]
    sessions = {session["session_id"] for session in _pages(api, "/api/sessions", "sessions")}
    stats = api.get("/api/stats", params={"from": "2020-01-01T00:00:00Z"}).raise_for_status().json()
    return Said(traces, spans, sessions, stats["totals"])


def _pages(api: httpx.Client, path: str, name: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(path, params={"cursor": cursor} if cursor else {}).raise_for_status().json()
        yield from page[name]
        cursor = page["next_cursor"]


def judge_all(corpus: Iterable[Source], report: Callable[[str, dict[str, Outcome]], None]) -> None:
    """Runs the service over each source in turn."""
    with tempfile.TemporaryDirectory() as folder, stopping(start_service(Path(folder))) as running:
        for source in corpus:
            headers = {"Authorization": f"Bearer project-{source.name}"}
            with client_of(running.url, headers=headers) as api:
                replay(api, source)
                report(source.name, Judge(source, listen(api)).outcomes())


# --- the report -------------------------------------------------------------------------------------------------------


def exceptions_of(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Source to fact to {found, why}."""
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def verdict(outcome: Outcome, line: Mapping[str, Any] | None) -> str:
    """ "" where the API says what happened, else how it is to be listed."""
    if outcome.is_whole:
        return "" if line is None else "found after all: take its line away"
    if line is not None:
        return f"explained: {line['why']}" if line["found"] == outcome.found else f"MISS: not {line['found']}"
    return "not sent" if outcome.is_all_that_was_sent else "MISS"


def table_of(exceptions: Mapping[str, Mapping[str, Any]]) -> str:
    """The explained cases as the Markdown table of docs/libraries.md."""
    rows = [
        f"| {source} | {fact} | {line['found']} of {line['of']} | {line['why']} |"
        for source, facts in exceptions.items()
        for fact, line in facts.items()
    ]
    return "\n".join(["| source | fact | said | what was sent |", "| --- | --- | --- | --- |", *rows]) + "\n"


def main() -> int:
    """Runs the report; its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--only", help="one source")
    parser.add_argument("--exceptions", type=Path, help="another file of explained cases")
    parser.add_argument(
        "--table", action="store_true", help="print the explained cases for docs/libraries.md, no more"
    )
    arguments = parser.parse_args()
    corpus = [s for s in sources(*filter(None, [arguments.folder])) if arguments.only in (None, s.name)]
    path = arguments.exceptions or (arguments.folder / EXCEPTIONS.name if arguments.folder else EXCEPTIONS)
    known = exceptions_of(path)
    if arguments.table:
        print(table_of(known), end="")
        return 0
    results: dict[str, dict[str, Outcome]] = {}
    print(f"{'source':26}" + "".join(f"{fact:>14}" for fact in FACTS), flush=True)

    def report(name: str, outcomes: dict[str, Outcome]) -> None:
        results[name] = outcomes
        print(f"{name:26}" + "".join(f"{outcomes[fact]!s:>14}" for fact in FACTS), flush=True)

    judge_all(corpus, report)
    return conclude(results, known)


def conclude(results: Mapping[str, Mapping[str, Outcome]], known: Mapping[str, Mapping[str, Any]]) -> int:
    """The total line and the list of cases; 1 where one of them is a miss."""
    totals = [Outcome(*(sum(getattr(o[fact], part) for o in results.values()) for part in ("found", "on_wire", "truth")))
              for fact in FACTS]  # fmt: skip
    print(f"{'total':26}" + "".join(f"{total!s:>14}" for total in totals))
    verdicts: Counter[str] = Counter()
    for name, outcomes in results.items():
        for fact, outcome in outcomes.items():
            found = verdict(outcome, known.get(name, {}).get(fact))
            verdicts[found.split(":")[0].split(" ")[0] or "whole"] += 1
            if found:
                counts = f"{outcome.found} said, {outcome.on_wire} on the wire, {outcome.truth} in truth"
                print(f"{name} {fact}: {counts}: {found}")
                if "MISS" in found:
                    for value in outcome.missing:
                        print(f"    {value[:160]}")
    print(", ".join(f"{count} {name}" for name, count in verdicts.items()))
    return 1 if verdicts.keys() & {"MISS", "found"} else 0


if __name__ == "__main__":
    sys.exit(main())
