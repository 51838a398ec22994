"""Trains the dictionary that dense compression uses (llm_tracer_service/store/zstd.py), and says what it saves.

    .venv/bin/python benchmarks/dictionary.py [--write PATH]

It learns from the telemetry of 44 instrumentations (tests/fixtures/otlp), and English and code from our own sources and
documents. The workload that measures it has other texts: those of Python's library. A dictionary is for ever: what was
compressed with it cannot be read without it. Another one is another file beside it.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterator
from pathlib import Path

import zstandard
from llm_tracer_service.reading import load_reader
from llm_tracer_service.receiving.otlp import decode_traces
from llm_tracer_service.store import zstd
from llm_tracer_service.store.deliveries import prepare
from llm_tracer_service.store.packing import Pack, encoded_spans
from workload import Generator

ROOT = Path(__file__).parent.parent
DICTIONARY_BYTES = 110 * 1024
PIECE_BYTES = 2_000
LEVELS = (3, 6, 9)


def packs_of_corpus() -> Iterator[Pack]:
    """Every delivery of the corpus, packed."""
    reader = load_reader()
    for path in sorted((ROOT / "tests" / "fixtures" / "otlp").rglob("*.pb*")):
        body = path.read_bytes()
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        try:
            spans = decode_traces(body, "application/x-protobuf").spans
        except Exception:  # logs and metrics lie beside the traces
            continue
        for delivery in prepare(spans, reader, lambda trace_id: None):
            yield from delivery.packs


def plain(pack: Pack) -> bytes:
    """Rows and spans as they were before compression."""
    return zstd.decompress_first(pack.head) + encoded_spans(pack.head, pack.rest)


def samples() -> list[bytes]:
    """What it learns from."""
    telemetry = [plain(pack) for pack in packs_of_corpus() if pack.base is None]
    files = [*ROOT.glob("docs/**/*.md"), *(path for part in ("client", "service", "dashboard") for path in
             (ROOT / part).glob("*/**/*.py") if ".web" not in path.parts and ".build" not in path.parts)]  # fmt: skip
    texts = [path.read_bytes() for path in sorted(files)]
    pieces = [text[at : at + PIECE_BYTES] for text in texts for at in range(0, len(text), PIECE_BYTES)]
    return [*telemetry, *pieces]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", type=Path)
    write = options.parse_args().write
    dictionary = zstandard.train_dictionary(DICTIONARY_BYTES, samples())
    reader = load_reader()
    measured = [
        plain(pack)
        for spans in Generator(1, 1_000).traces(0, 50)
        for delivery in prepare(spans, reader, lambda trace_id: None)
        for pack in delivery.packs
    ]
    for level in LEVELS:
        sizes = [
            sum(len(compressor.compress(data)) for data in measured) / len(measured)
            for compressor in (
                zstandard.ZstdCompressor(level=level),
                zstandard.ZstdCompressor(level=level, dict_data=dictionary),
            )
        ]
        print(f"level {level}: {sizes[0]:.0f} bytes a trace, with the dictionary {sizes[1]:.0f}")
    if write is not None:
        write.write_bytes(dictionary.as_bytes())


if __name__ == "__main__":
    main()
