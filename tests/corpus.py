"""The captured telemetry in tests/fixtures/otlp: what each library really sent, and the truth behind it."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(os.environ.get("TRACER_TEST_CORPUS", Path(__file__).parent / "fixtures" / "otlp"))
"""Another folder of the same form may be named."""


@dataclass(frozen=True)
class Request:
    """One request as it was on the wire; `headers` without those that a client sets itself."""

    source: str
    file: str
    path: str
    headers: dict[str, str]
    body: bytes
    signal: str

    def content(self) -> bytes:
        """The body without its compression."""
        return gzip.decompress(self.body) if self.body[:2] == b"\x1f\x8b" else self.body


@dataclass(frozen=True)
class Source:
    """One captured program."""

    name: str
    requests: tuple[Request, ...]
    span_count: int
    trace_count: int
    manifest: dict[str, Any]


SET_BY_THE_CLIENT = {"content-length", "connection", "host", "transfer-encoding", "accept-encoding"}


def sources(root: Path = ROOT) -> list[Source]:
    """Every source of the manifest, in its order."""
    manifest = json.loads((root / "manifest.json").read_text())
    return [_source(root, entry) for entry in manifest["sources"]]


def _source(root: Path, entry: dict[str, Any]) -> Source:
    observed = entry["observed"]
    requests = tuple(_requests(root, entry))
    return Source(entry["source"], requests, observed["spans"], observed["traces"], entry)


def _requests(root: Path, entry: dict[str, Any]) -> Iterator[Request]:
    folder = root / entry["source"]
    for file in entry["files"]:
        sent = json.loads((folder / file["headers"]).read_text())["headers"]
        headers = {name: value for name, value in sent.items() if name.lower() not in SET_BY_THE_CLIENT}
        yield Request(
            entry["source"],
            file["file"],
            file["path"],
            headers,
            (folder / file["file"]).read_bytes(),
            file["signal"],
        )
