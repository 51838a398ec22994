"""How many objects and lists a body may have. Each may be sent as one to three bytes, and takes 60 to 200 in memory: 64 MB of
them would be several gigabytes. Two other values count as one: a number may be one byte or two, and take 80.

What is counted here is JSON and msgpack; `otlp.messages` counts what protobuf has instead.
"""

from __future__ import annotations

import re
from itertools import islice

from llm_tracer_service.malformed import TooManyObjects

BYTES_PER_OBJECT = 16
"""A body may have one object for each so many bytes of the largest body. The densest captured bodies have one for each 32."""


def objects_max_of(body_bytes_max: int) -> int:
    """How many objects and lists a body may have where the largest one has so many bytes."""
    return body_bytes_max // BYTES_PER_OBJECT


OBJECTS_MAX = objects_max_of(64 * 1024 * 1024)
"""Those of a body unless another size is set."""


_MARKS = (b"[", b"]", b"{", b"}", b",")
_NEXT_MARK = re.compile(rb'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+"?)*+(?:([\[\]{},])|\Z)', re.DOTALL)
"""All up to the next bracket, brace or comma outside of texts, or to the end."""


def check_json(body: bytes, objects_max: int) -> None:
    """Raises TooManyObjects for JSON with more objects and lists, or twice as many other values. An object has two braces, and a
    comma parts two values, so these are what is counted. Those in texts do not count, but take time: up to 3 s for
    64 MB, otherwise 0.1 s."""
    marks_max = 2 * objects_max
    if len(body) <= marks_max or sum(map(body.count, _MARKS)) <= marks_max:
        return
    found = islice(_NEXT_MARK.finditer(body), marks_max + 1)
    if sum(each.lastindex is not None for each in found) > marks_max:
        raise TooManyObjects(objects_max)


_OF_KNOWN_SIZE = b"|".join(
    [
        rb"[\x00-\x7f\xc0\xc2\xc3\xe0-\xff]|[\xcc\xd0].|[\xcd\xd1].{2}|[\xca\xce\xd2].{4}|[\xcb\xcf\xd3].{8}",
        rb"\xd4.{2}|\xd5.{3}|\xd6.{5}|\xd7.{9}|\xd8.{17}",
        *(b"%c.{%d}" % (0xA0 + size, size) for size in range(32)),
    ]
)
_NEXT_TOKEN = re.compile(
    rb"(?:%s)*+(?:([\x80-\x9f])|[\xdc\xde](.{2})|[\xdd\xdf](.{4})|[\xc4\xd9](.)|[\xc5\xda](..)|[\xc6\xdb](.{4})"
    rb"|\xc7(.).|\xc8(..).|\xc9(.{4}).|\Z)" % _OF_KNOWN_SIZE,
    re.DOTALL,
)
"""All up to the head of the next object or list (groups 1 to 3: how many values it has), of something whose size stands in its
head (another group), or to the end."""


def check_msgpack(body: bytes, objects_max: int) -> None:
    """Raises TooManyObjects for msgpack as `check_json` does for the same values as JSON. What is no msgpack is left to its
    decoder, which reads no further than this. Takes up to 4 s for 64 MB."""
    if len(body) <= objects_max:
        return
    count = position = 0
    while (token := _NEXT_TOKEN.match(body, position)) and token.lastindex:
        position = token.end()
        size = int.from_bytes(token[token.lastindex])
        if token.lastindex > 3:
            position += size
            continue
        if token.lastindex == 1:
            size &= 0x0F
        count += 2 + max(size - 1, 0)
        if count > 2 * objects_max:
            raise TooManyObjects(objects_max)
