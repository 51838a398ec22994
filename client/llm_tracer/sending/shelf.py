"""The disk as the sender sees it: requests are put there and delivered from there, and nothing ever raises."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ..config import Settings
from ..guard import say_once
from .ledger import Ledger, ledger_folder, take_unfinished
from .outbox import CONTENT_TYPE, PATH, Batch
from .recorder import QueueRecorder
from .spool import (
    Label,
    Spool,
    Spooled,
    default_folders,
    destination_of,
    project_of_key,
    public_url,
    usable_folder,
)


class Shelf:
    """The spool and the ledger of one sender."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._destination = destination_of(settings.api_url, settings.api_key)
        self._project = project_of_key(settings.api_key)
        self._recorder: QueueRecorder | None = None
        self._ledger: Ledger | None = None
        self._spool: Spool | None = None
        self._stuck: set[str] = set()
        """Files that the server did not take at the last attempt."""
        if settings.spool is not None:
            folder = usable_folder([settings.spool] if settings.spool else default_folders())
            if folder:
                self._spool = Spool(folder, self._destination, limit_bytes=settings.spool_limit_bytes)
            else:
                self._say("there is no folder for the spool that this user can write")

    @property
    def place(self) -> str:
        """Where requests wait, for messages to people."""
        return f"in {self._spool.folder}" if self._spool else "in memory"

    # ---- the ledger

    def open_ledger(self, recorder: QueueRecorder) -> None:
        """From now on, the next process notices if this one is killed."""
        folder = ledger_folder() if self._settings.spool is not None else None
        if folder is None:
            return
        with suppress(OSError, ValueError):
            self._ledger = Ledger(
                folder, self._destination, api_url=self._settings.api_url, project=self._project
            )
            self._recorder = recorder
            recorder.use_counts(self._ledger.counts)

    def count_gone(self) -> int:
        """How many spans were lost with killed processes, or because they became too old in the spool."""
        lost = 0
        with suppress(OSError):
            if folder := ledger_folder():
                lost += sum(gone.lost_spans for gone in take_unfinished(folder, self._destination))
        with suppress(OSError):
            lost += self._spool.drop_old() if self._spool else 0
        if self._recorder is not None:
            self._recorder.take_over(lost)
        return lost

    def close(self) -> None:
        if self._ledger is not None and self._recorder is not None:
            ledger, self._ledger = self._ledger, None
            self._recorder.counts = list(ledger.counts)
            ledger.close()

    def let_go(self) -> None:
        """In a forked child: spool and ledger belong to the parent."""
        if self._ledger is not None and self._recorder is not None:
            ledger, self._ledger = self._ledger, None
            self._recorder.counts = [0, 0]
            ledger.let_go()
        self._spool = None

    # ---- the spool

    def put(self, batch: Batch) -> int | None:
        """Keep a request. Returns how many spans were forced out for it; None if it could not be written."""
        if self._spool is None:
            return None
        try:
            return self._spool.put(Spooled(self._label(batch), batch.body))
        except OSError as error:
            self._say(f"{self._spool.folder} cannot be written ({error})")
            return None

    def has_own(self) -> bool:
        return self._spool is not None and self._spool.has_own()

    def deliver(self, send: Callable[[Batch], bool], is_over: Callable[[], bool]) -> bool:
        """Give `send` every request for this destination, oldest first, until it returns False or `is_over` returns
        True. What was sent is removed. Returns True if more is waiting; False also if another process is
        delivering."""
        if self._spool is None:
            return False
        with suppress(OSError), self._spool.claim() as is_ours:
            # A file that the server never takes must not hold up the others.
            names = sorted(self._spool.files() if is_ours else (), key=self._stuck.__contains__)
            self._stuck.intersection_update(names)
            for name in names:
                waiting = self._spool.read(name)
                while waiting and not is_over() and send(_batch_of(waiting[0])):
                    del waiting[0]
                self._spool.replace(name, waiting)
                if waiting:
                    self._stuck.add(name)
                    return True
                self._stuck.discard(name)
        return False

    def _label(self, batch: Batch) -> Label:
        return Label(
            api_url=public_url(self._settings.api_url),
            project=self._project,
            path=PATH,
            content_type=CONTENT_TYPE,
            content_encoding=batch.content_encoding,
            span_count=batch.span_count,
            ended_count=batch.ended_count,
            reports_lost=batch.reports_lost,
            body_bytes=len(batch.body),
        )

    def _say(self, what: str) -> None:
        say_once("spool", f"llm_tracer: {what}; what the server does not take waits in memory only")


def _batch_of(request: Spooled) -> Batch:
    label = request.label
    return Batch(
        request.body, label.content_encoding, label.span_count, label.ended_count, label.reports_lost
    )
