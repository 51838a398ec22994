"""Files of spans as requests to the Tracer API: what an export wrote, and what the OpenTelemetry Collector writes.

A line is a TracesData or a LogsData of OTLP, a native span, a batch of native spans, or a list of these; a file may mix
them. A file that is one JSON document over many lines is taken as one line.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import msgspec
from llm_tracer.model.span import SpanData
from msgspec import json

from llm_tracer_service.json_values import encode_json
from llm_tracer_service.media import JSON, NDJSON
from llm_tracer_service.receiving.formats import PATH_OF, members_of
from llm_tracer_service.receiving.json_text import repaired
from llm_tracer_service.receiving.native_values import NO_NUMBER
from llm_tracer_service.receiving.native_writer import native_span

BODY_BYTES = 2 * 1024 * 1024
"""Lines are sent together up to this size: one write of the store for many."""

_OTLP_MEMBERS = ("resourceSpans", "resource_spans", "resourceLogs", "resource_logs")
_METRICS = frozenset({"resourceMetrics", "resource_metrics"})


_list_of = json.Decoder(list[msgspec.Raw]).decode
_any = json.Decoder(msgspec.Raw).decode
"""Nothing of it is read, but that it is JSON."""


class BadLine(Exception):
    """A line that is nothing that can be imported."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number


@dataclass(slots=True)
class ImportRequest:
    """One request: where to, and the lines of the file that are in it. `member` is that of OTLP that they share."""

    path: str
    content_type: str
    member: str = ""
    numbers: list[int] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    size_bytes: int = 0

    def body(self) -> bytes:
        """What to send."""
        if self.member:
            return b'{"%s":[%s]}' % (self.member.encode(), b",".join(self.parts))
        return b"\n".join(self.parts)

    def takes(self, other: ImportRequest) -> bool:
        """Whether another request may be sent together with this one."""
        alike = (self.path, self.content_type, self.member) == (other.path, other.content_type, other.member)
        joins = self.member or self.content_type == NDJSON
        return bool(alike and joins and self.size_bytes + other.size_bytes <= BODY_BYTES)

    def add(self, other: ImportRequest) -> None:
        """Takes in the lines of another request."""
        self.numbers += other.numbers
        self.parts += other.parts
        self.size_bytes += other.size_bytes


def requests_of(lines: Iterable[bytes]) -> Iterator[ImportRequest]:
    """The requests that bring the lines of a file, in their order. Metrics are left out. Raises BadLine."""
    return _joined(_requests(lines))


def requests_of_spans(spans: Iterable[tuple[int, SpanData]]) -> Iterator[ImportRequest]:
    """The requests that bring spans, each with the number of the line it was made from."""
    return _joined(_native_line(number, encode_json(native_span(span))) for number, span in spans)


def _joined(requests: Iterable[ImportRequest | None]) -> Iterator[ImportRequest]:
    """Requests that may be sent together as one; None is left out."""
    waiting: ImportRequest | None = None
    for request in requests:
        if request is None:
            continue
        if waiting is not None and waiting.takes(request):
            waiting.add(request)
            continue
        if waiting is not None:
            yield waiting
        waiting = request
    if waiting is not None:
        yield waiting


def _requests(lines: Iterable[bytes]) -> Iterator[ImportRequest | None]:
    """One for each object of the file; None if it says nothing."""
    for number, line in enumerate(whole_lines(lines), start=1):
        for object_ in _objects(number, line):
            yield _request(number, object_)


def _objects(number: int, line: bytes) -> Sequence[bytes]:
    """The objects of a line: one, or those of a list, each without line ends, so that it can be a line again."""
    try:
        return _separate(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # NaN and half characters, which are accepted over HTTP too
    except RecursionError as fault:
        raise BadLine(number, f"This is not JSON: {fault}.") from None
    no_number = b'"%s"' if any(b'"%s"' % member.encode() in line for member in _OTLP_MEMBERS) else NO_NUMBER
    try:
        return _separate(repaired(line, no_number))
    except (msgspec.DecodeError, RecursionError) as fault:
        raise BadLine(number, f"This is not JSON: {fault}.") from None


def _separate(line: bytes) -> Sequence[bytes]:
    match line.lstrip()[:1]:
        case b"":
            return ()
        case b"[":
            objects = [bytes(each) for each in _list_of(line)]
        case _:
            _any(line)
            objects = [line]
    return [json.format(each, indent=-1) if b"\n" in each.strip() else each for each in objects]


def whole_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines; all of them as one if the first is only the beginning of a document."""
    rest = iter(lines)
    first = next(rest, b"").removeprefix(BOM_UTF8)
    if first.strip() in (b"{", b"["):
        return iter([first + b"".join(rest)])
    return chain([first], rest)


def _request(number: int, line: bytes) -> ImportRequest | None:
    try:
        members = members_of(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise BadLine(number, f"This is not a JSON object: {fault}.") from None
    for member in _OTLP_MEMBERS:
        if member in members:
            # Without its brackets, so that several lines can be one list.
            inside = bytes(members[member]).strip()[1:-1]
            request = ImportRequest(PATH_OF[member], JSON, member, [number], [inside], len(inside))
            return request if inside.strip() else None
    if "trace_id" in members:
        return _native_line(number, line.strip())
    if "spans" in members:
        return ImportRequest("/api/spans", JSON, "", [number], [line], len(line))
    if not _METRICS.isdisjoint(members):
        return None
    known = "resourceSpans or resourceLogs (OTLP JSON), trace_id (a native span) or spans"
    raise BadLine(number, f"This is not a span: expected an object with {known}, or a known session log.")


def _native_line(number: int, line: bytes) -> ImportRequest:
    return ImportRequest("/api/spans", NDJSON, "", [number], [line], len(line))
