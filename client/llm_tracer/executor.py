"""A thread pool whose work stays inside the span that submitted it.

from llm_tracer.executor import ContextExecutor

with span("search all"), ContextExecutor(ThreadPoolExecutor()) as pool:
    pages = pool.map(search, queries)          # a span of `search` is a child of "search all"
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from .context import copy_context

T = TypeVar("T")


class ContextExecutor(Executor):
    """Passes work to another executor, with the span and session that are current when it is submitted. For threads
    only: give processes `current_span().traceparent`, and use `continue_trace` there."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        return self._executor.submit(copy_context(function), *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait, cancel_futures=cancel_futures)
