"""How many messages a body of protobuf may have. An empty one is two bytes, and takes up to 200 in memory."""

from __future__ import annotations

import re

from llm_tracer_service.malformed import TooManyObjects
from llm_tracer_service.receiving.otlp.schema import MESSAGES_IN

_LENGTH_DELIMITED = 2


def _tag(wire_type: int) -> bytes:
    """A pattern for a field's number and type: a varint whose lowest three bits are the type."""
    short = re.escape(bytes(range(wire_type, 0x80, 8)))
    long = re.escape(bytes(range(0x80 + wire_type, 0x100, 8)))
    return rb"(?:[%s]|[%s]%s)" % (short, long, _VARINT)


_VARINT = rb"[\x80-\xff]*+[\x00-\x7f]"
_OTHER_FIELDS = b"|".join(
    (_tag(0) + _VARINT, _tag(1) + b".{8}", _tag(3), _tag(4), _tag(5) + b".{4}")  # 3 and 4 enclose a group
)
_NEXT_FIELD = re.compile(
    rb"(?:%s)*+(?:(%s)(%s)|\Z)" % (_OTHER_FIELDS, _tag(_LENGTH_DELIMITED), _VARINT), re.DOTALL
)
"""All up to the content of the next field that has a length (groups: its tag, its length), or to the end."""

_FIRST_BYTES = bytes(range(_LENGTH_DELIMITED, 0x100, 8))


def check_messages(request_type: str, body: bytes, messages_max: int) -> None:
    """Raises TooManyObjects for a request ("TracesRequest", "LogsRequest") with more messages within it. What is no protobuf is
    left to its decoder, which reads no further than this. Takes some 2 µs for each message or text of 64 MB
    that may have too many, otherwise 0.2 s."""
    if len(body) <= 2 * messages_max or len(body) - len(body.translate(None, _FIRST_BYTES)) <= messages_max:
        return
    count = position = 0
    open_messages = [(request_type, len(body))]
    while open_messages:
        message, end = open_messages[-1]
        field = _NEXT_FIELD.match(body, position, end)
        if field is None:
            return
        position = field.end()
        if field.lastindex is None:
            open_messages.pop()
            continue
        content_end = position + _number(field[2])
        if content_end > end:
            return
        inner = MESSAGES_IN[message].get(_number(field[1]) >> 3)
        if inner is None:
            position = content_end
            continue
        count += 1
        if count > messages_max:
            raise TooManyObjects(messages_max)
        open_messages.append((inner, content_end))


def _number(varint: bytes) -> int:
    number = 0
    for byte in reversed(varint):
        number = number << 7 | byte & 0x7F
    return number
