"""What a hostile sender sends: markup, links that run, signs that turn a text around, a line of a million, 10,000 levels."""

from __future__ import annotations

import json

from .browsing import Span, span

MARKUP = "<img src=x onerror=alert(1)><svg><script>alert(2)</script></svg>"
HOSTILE = "\n\n".join(
    [
        MARKUP,
        "[link](javascript:alert(3)) ![pixel](https://tracker.example/pixel.png) <javascript:alert(4)>",
        "\x1b[31mred\x1b[0m \u202egnp.exe \u2066isolate\u2069",
        "x" * 1_000_000,
    ]
)
FORMULAS = r"**sum** $\href{javascript:alert(5)}{x}$ \(\includegraphics{https://tracker.example/a.png}\) $$\class{md-link}{<img src=x>} \style{background:url(https://tracker.example/b)}{y}$$"


def hostile(trace: int) -> Span:
    """A model call that tries everything."""
    deep = "[" * 10_000 + "]" * 10_000
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": MARKUP, "session.id": MARKUP, "user.id": MARKUP,
        "tag.tags": [MARKUP], MARKUP: MARKUP, "metadata": json.dumps({MARKUP: MARKUP}),
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": HOSTILE}]}]),
        "gen_ai.output.messages": json.dumps([
            {"role": "assistant", "parts": [{"type": "text", "content": MARKUP},
                {"type": "text", "content": FORMULAS}, {"type": MARKUP, "data": deep}]}]),
        "app.deep": deep, "app.json": json.dumps({MARKUP: [MARKUP]}),
    }  # fmt: skip
    return span(
        trace, 0, MARKUP, kind="llm", attributes=attributes, status={"code": "error", "message": HOSTILE}
    )
