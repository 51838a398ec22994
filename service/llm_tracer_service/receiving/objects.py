"""How many objects and lists a body of JSON may have. Each may be sent as three bytes, `{},`, and takes 60 to 200 in memory: 64 MB
of them would be several gigabytes."""

from __future__ import annotations

import re
from itertools import islice

from llm_tracer_service.errors import Problem

BYTES_PER_OBJECT = 16
"""A body may have one object for each so many bytes of the largest body. The smallest attributes have one for each 17."""

_NEXT_OBJECT = re.compile(rb'(?:[^"{\[]++|"(?:[^"\\]++|\\.)*+"?)*+(?:([{\[])|\Z)', re.DOTALL)
"""All up to the next brace or bracket outside of texts, or to the end."""


def check_objects(body: bytes, body_bytes_max: int) -> None:
    """Raises Problem 413 for JSON with more than `body_bytes_max` / 16 objects and lists. Braces in texts do not count, but take
    time: up to 3 s for 64 MB, otherwise 40 ms."""
    objects_max = body_bytes_max // BYTES_PER_OBJECT
    if len(body) <= objects_max or body.count(b"{") + body.count(b"[") <= objects_max:
        return
    found = islice(_NEXT_OBJECT.finditer(body), objects_max + 1)
    if sum(each.lastindex is not None for each in found) > objects_max:
        raise Problem(
            413,
            f"The body has more than {objects_max:,} objects and lists.",
            "Send fewer spans per request, or raise TRACER_MAX_BODY_BYTES.",
            facts={"objects_max": objects_max},
        )
