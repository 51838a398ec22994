"""Which failures are the same: those with the same type, place, and message apart from the parts that vary."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from llm_tracer.model.row import SpanRow
from llm_tracer.model.text import digest, preview
from llm_tracer.model.trace import Trace

MESSAGE_CHARS_MAX = 300
LINE_CHARS_MAX = 240
_NAME_CHARS_MAX = 200
_READ_CHARS_MAX = 2_000

_PLACEHOLDERS = (
    (r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>)\]]+", "<url>"),
    (r"[\w.+-]+@[\w-]+\.[\w.-]*\w", "<email>"),
    (r'"[^"\n]*"|`[^`\n]*`|(?<!\w)\'[^\'\n]*\'(?!\w)|“[^”\n]*”|«[^»\n]*»', "<text>"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
    (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", "<time>"),
    (r"\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b", "<hex>"),
    # Made by machines: long, letters and digits mixed, such as call_8fKq2Lz0aPq1 or org-Zx81kK2mPq0.
    (r"\b[a-z]{2,8}[_-](?=[a-z]*\d)[a-z0-9]{8,}\b|\b(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{16,}\b", "<id>"),
    (r"(?<![\w<])[-+]?\d+(?:[.,:]\d+)*(?:e[-+]?\d+)?(?=(?:ns|us|µs|ms|s|m|h|d|[kmg]i?b|b|%|x|k)?(?!\w))", "<n>"),
)  # fmt: skip
# Applied in this order, since quoted text may be a number, and a URL may contain anything.
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), text) for pattern, text in _PLACEHOLDERS)


# How the body of an API's answer begins in a message, as JSON or as Python's repr, and its own message.
_BODY = re.compile(r"""\{\s*(['"])(?:error|message|type|code|status)\1\s*:""")
_SAID = re.compile(r"""(['"])message\1\s*:\s*(['"])((?:\\.|(?!\2)[^\\])+)""", re.DOTALL)
_STATUS_BEFORE = re.compile(r"\bError code: (?=\d{3} - )")
_ESCAPED = re.compile(r"""\\([n"'\\])""")


def without_body(message: str) -> str:
    """Replace the body of an API's answer at the end of a message by the message in that body: "Error code: 429 -
    {'error': {'message': 'Slow down', …}}" becomes "Error code: 429 - Slow down". Other messages are unchanged."""
    body = _BODY.search(message)
    if body is None or not message.rstrip().endswith(("}", "…")):
        return message
    said = _SAID.search(message, body.start())
    if said is None:
        return message
    return message[: body.start()] + _ESCAPED.sub(lambda sign: {"n": "\n"}.get(sign[1], sign[1]), said[3])


def failure_line(type: str | None, message: str | None) -> str:  # noqa: A002
    """A failure in one line of at most LINE_CHARS_MAX: the last part of its type, and its message `without_body`. ""
    if the sender gave neither."""
    said = _STATUS_BEFORE.sub("", preview(without_body(message or ""), LINE_CHARS_MAX))
    short = (type or "").rsplit(".", 1)[-1]
    if not short or not said or said.startswith(short):
        return said or short
    return preview(f"{short}: {said}", LINE_CHARS_MAX)


def failure_text(type: str | None, message: str | None) -> str:  # noqa: A002
    """A failure whole, as it was sent: its type, where the message does not begin with it, and its message. "" of neither."""
    if type and message and message.startswith((f"{type}:", f"{type.rsplit('.', 1)[-1]}:")):
        return message
    return ": ".join(text for text in (type, message) if text)


def normalised(message: str) -> str:
    """A message `without_body`, with placeholders for the parts that vary: `<url>`, `<email>`, `<text>` (quoted),
    `<id>`, `<time>`, `<hex>`, `<n>`. One line of at most MESSAGE_CHARS_MAX."""
    text = without_body(message)[:_READ_CHARS_MAX]
    for pattern, placeholder in _PATTERNS:
        text = pattern.sub(placeholder, text)
    return preview(text, MESSAGE_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class FailureKind:
    """What equal failures have in common. `message` is `normalised`; "" and None stand for what the sender did not
    give."""

    type: str | None
    message: str
    span_name: str

    @property
    def text(self) -> str:
        """All of it as one text, to group by; `failure_kind` parses it."""
        return json.dumps([self.type, self.message, self.span_name], ensure_ascii=False)

    @property
    def id(self) -> str:
        """Its id in queries: `failure:ID`."""
        return digest(self.text)


def failure_kind(text: str) -> FailureKind:
    """The FailureKind that has this text."""
    return FailureKind(*json.loads(text))


def failures_of(trace: Trace) -> Iterator[tuple[SpanRow, FailureKind]]:
    """The spans of a trace where something broke (`Trace.error_origins`), each with its kind."""
    for row in trace.error_origins:
        error = row.reading.error
        message = normalised((error and error.message) or "")
        name = preview(row.reading.name, _NAME_CHARS_MAX)
        yield row, FailureKind(error.type if error else None, message, name)
