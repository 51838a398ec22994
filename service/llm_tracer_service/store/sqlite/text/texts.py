"""The texts of a body, as the Reader finds them."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import apsw
from llm_tracer.model.reading import Reader

from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.sqlite.blobs import blobs_of
from llm_tracer_service.store.sqlite.bodies import open_pack
from llm_tracer_service.store.sqlite.text.verbatim import are_verbatim


def texts_of(store: apsw.Connection, reader: Reader, project: int, body: int) -> tuple[list[str], bool]:
    """The texts of a body, as the transaction of `store` sees it, each once, and whether they are verbatim. Damaged spans
    have no texts, since nobody could be shown them.

    The spans of an agent repeat texts: each turn its history, each parent what its child answered."""
    blob_of = blobs_of(lambda: nullcontext(store), project)
    texts: dict[str, None] = {}
    verbatim = True
    with suppress(StoreError):
        pack = open_pack(store, body)
        assert pack is not None, "the same transaction found it"
        for slot in range(len(pack)):
            span = pack.span_as_read(slot, blob_of)
            if not span.is_fragment:
                of_span = [text.text for text in reader.texts(span)]
                verbatim = verbatim and are_verbatim(of_span, pack.values(slot))
                texts.update(dict.fromkeys(of_span))
    return list(texts), verbatim
