"""Reads everything a project holds through the public API."""

from __future__ import annotations

from typing import Any

import httpx


def all_traces(api: httpx.Client, **params: str) -> list[dict[str, Any]]:
    """Every summary, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": "1000", **params} | ({"cursor": cursor} if cursor else {})
        page = api.get("/api/traces", params=query).raise_for_status().json()
        found.extend(page["traces"])
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def span_ids(api: httpx.Client, trace_id: str) -> list[str]:
    """The ids of all spans of a trace, in tree order."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = api.get(f"/api/traces/{trace_id}", params={"cursor": cursor} if cursor else {})
        body = page.raise_for_status().json()
        found.extend(row["span_id"] for row in body["spans"])
        cursor = body["next_cursor"]
        if cursor is None:
            return found
