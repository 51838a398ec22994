"""What programs of this machine could not deliver while no Tracer API was there: fetched from their spool.

The SDK keeps such requests as files of this user (llm_tracer.sending.spool). Those that were meant for an address of this
service go the way of every other body, `ingest`, so they show in the ingest log; what was meant for other servers is
left alone. No key is asked for: whoever can write this user's private files can write the store as well.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from llm_tracer.sending.ledger import Unfinished, ledger_folder, take_unfinished
from llm_tracer.sending.spool import Label, Spool, Spooled, default_folders, is_private

from llm_tracer_service.access.auth import DEFAULT_PROJECT
from llm_tracer_service.errors import problem_of
from llm_tracer_service.receiving import native
from llm_tracer_service.receiving.body import decompress
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import Source, ingest
from llm_tracer_service.service import Service
from llm_tracer_service.settings import is_loopback

LOOK_S = 30.0
"""How often the spool is looked into while the service runs: programs end at any time."""

SOURCE = "spool"


@contextmanager
def fetching_spooled(service: Service, ports: Collection[int]) -> Iterator[None]:
    """While the block runs, a thread fetches what was meant for one of `ports` of this machine: now, and again."""
    is_over = threading.Event()

    def run() -> None:
        while True:
            fetch_spooled(service, ports)
            if is_over.wait(LOOK_S):
                return

    thread = threading.Thread(target=run, name="spool", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(10)


def fetch_spooled(service: Service, ports: Collection[int]) -> int:
    """Fetches once. Returns how many requests were taken; what cannot be read or stored now stays where it is."""
    folders = [service.settings.spool] if service.settings.spool else default_folders()
    taken = sum(_fetch(service, folder, ports) for folder in folders)
    if folder := ledger_folder():
        for gone in take_unfinished(folder, is_wanted=lambda gone: _is_meant(gone, ports)):
            source = Source(SOURCE, lost_spans=gone.lost_spans, is_spooled=True)
            ingest(service, gone.project or DEFAULT_PROJECT, source, Decoded)
    return taken


def _fetch(service: Service, folder: str, ports: Collection[int]) -> int:
    taken = 0
    try:
        if not is_private(folder):
            return 0
        spool = Spool(folder, None)
        with spool.claim() as is_ours:
            for name, requests in _meant_for(ports, spool) if is_ours else ():
                if not all(_is_settled(service, request) for request in requests):
                    break
                taken += len(requests)
                spool.remove(name)
    except OSError:  # no such folder, or none that may be read: nothing to fetch
        pass
    return taken


def _meant_for(ports: Collection[int], spool: Spool) -> Iterator[tuple[str, Sequence[Spooled]]]:
    """The files of a spool whose requests were all meant for one of these ports."""
    for name in spool.files():
        requests = spool.read(name)
        if requests and all(_is_meant(request.label, ports) for request in requests):
            yield name, requests


def _is_meant(label: Label | Unfinished, ports: Collection[int]) -> bool:
    try:
        address = urlsplit(label.api_url)
        port = address.port or (443 if address.scheme == "https" else 80)
    except ValueError:  # as "http://localhost:PORT": a program was given no address
        return False
    return is_loopback(address.hostname or "") and port in ports


def _is_settled(service: Service, request: Spooled) -> bool:
    """Whether a request is done with: stored, or refused for good. The ingest log tells which."""
    label, limit_bytes = request.label, service.settings.max_body_bytes

    source = Source(SOURCE, size_bytes=len(request.body), lost_spans=label.reports_lost, is_spooled=True)
    try:
        with service.room.share() as share:

            def decoded() -> Decoded:
                body = decompress(request.body, label.content_encoding, limit_bytes, share)
                share.before_decoding(len(body))
                return native.decode_batch(body, label.content_type)

            ingest(service, label.project or DEFAULT_PROJECT, source, decoded)
    except Exception as fault:
        return problem_of(fault).status not in (429, 500, 503)
    return True
