"""The table of pages: what stands at an address, and what a page keeps of the question."""

from __future__ import annotations

from javascript import evaluate

QUESTION = "?q=status%3Aerror&range=1h&sort=-cost&peek=" + "a" * 32


def test_the_list_keeps_all_of_its_address() -> None:
    assert evaluate("frame/pages.js", f"m.pagePath(m.PAGES[0], '{QUESTION}')") == f"/{QUESTION}"


def test_other_pages_keep_the_query_and_the_time() -> None:
    page = "{ id: 'x', path: '/x', asks: true }"
    assert evaluate("frame/pages.js", f"m.pagePath({page}, '{QUESTION}')") == "/x?q=status%3Aerror&range=1h"
    assert evaluate("frame/pages.js", f"m.pagePath({{ ...{page}, asks: false }}, '{QUESTION}')") == "/x"


def test_the_page_of_an_address() -> None:
    assert evaluate("frame/pages.js", "[m.pageAt('/').id, m.pageAt('/traces').id, m.pageAt('/trace/1')]") == [
        "traces",
        "traces",
        None,
    ]


def test_no_two_pages_share_an_address_or_a_key() -> None:
    for name in ("id", "path", "key"):
        assert evaluate("frame/pages.js", f"new Set(m.PAGES.map((p) => p.{name})).size === m.PAGES.length")
