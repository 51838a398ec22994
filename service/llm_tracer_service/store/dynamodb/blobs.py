"""Payloads that are kept once a project: a head that describes the blob, its bytes, and an item for each trace that refers
to it.

To refer to a blob, a writer first puts its reference and then looks whether the blob exists; to let go, it first removes
its reference and then looks whether another one is left. Both look again at the end, since a trace may start again while it
is deleted. Each time the bytes are put they are a generation of their own, so that a deletion removes only what it saw.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress

import msgspec

from llm_tracer_service.blobs import Blob, BlobOf
from llm_tracer_service.store import zstd
from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.client import LIST_INDEX, Client, Conflict, Key
from llm_tracer_service.store.dynamodb.outside import CHUNK_BYTES
from llm_tracer_service.store.dynamodb.wire import Item, Value
from llm_tracer_service.store.packing import DAMAGE_HINT

_REFERENCE, _REFERENCES_END = "T#", "T~"


class _Kept(msgspec.Struct, array_like=True):
    mime_type: str
    stored_bytes: int
    generation: str
    chunks: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class Blobs:
    """The blobs of all projects."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def keep(self, project: str, trace_id: str, blobs: Mapping[str, Blob], ttl: Item) -> None:
        """Keeps blobs, by their SHA-256, to which a trace refers. `ttl` is the field that says when they expire."""
        for sha256, blob in blobs.items():
            if not self._share(project, trace_id, sha256, ttl):
                self._put(project, sha256, blob, ttl)

    def keep_again(self, project: str, trace_id: str, blobs: Mapping[str, Blob], ttl: Item) -> frozenset[str]:
        """Keeps those blobs again to which a trace no longer refers: they were deleted between `keep` and the write of the
        head. Returns which they were."""
        own = {sha256: (keys.blob(project, sha256), f"{_REFERENCE}{trace_id}") for sha256 in blobs}
        found = self._client.get_many(list(own.values()), consistent=True)
        lost = {sha256: blobs[sha256] for sha256, key in own.items() if key not in found}
        self.keep(project, trace_id, lost, ttl)
        return frozenset(lost)

    def share(self, project: str, trace_id: str, hashes: Collection[str], ttl: Item) -> bool:
        """Makes a trace refer to blobs; returns whether all of them exist; if not, it may not refer to all."""
        return all(self._share(project, trace_id, sha256, ttl) for sha256 in hashes)

    def _share(self, project: str, trace_id: str, sha256: str, ttl: Item) -> bool:
        self._refer(project, trace_id, sha256, ttl)
        item = self._client.get((keys.blob(project, sha256), keys.HEAD), consistent=True)
        if item is not None:
            self._outlive(item, ttl.get("ttl"))
        return item is not None

    def prolong(self, project: str, trace_id: str, hashes: Collection[str], ttl: int | None) -> None:
        """Lets blobs live as long as a trace that refers to them; None is for ever."""
        for sha256 in hashes:
            self._client.set_ttl((keys.blob(project, sha256), f"{_REFERENCE}{trace_id}"), ttl)
            item = self._client.get((keys.blob(project, sha256), keys.HEAD), consistent=True)
            if item is not None:
                self._outlive(item, ttl)

    def _refer(self, project: str, trace_id: str, sha256: str, ttl: Item) -> None:
        self._client.put({"pk": keys.blob(project, sha256), "sk": f"{_REFERENCE}{trace_id}", **ttl})

    def _outlive(self, item: Item, ttl: Value | None) -> None:
        """Prolongs a blob that would expire too soon. One that never expires stays so."""
        if "ttl" in item and (ttl is None or int(item["ttl"]) < int(ttl)):
            for key in ((str(item["pk"]), keys.HEAD), *_chunks(str(item["pk"]), _kept(item))):
                self._client.set_ttl(key, None if ttl is None else int(ttl))

    def find(self, project: str, sha256: str) -> Blob | None:
        """A blob; None if there is none. Raises StoreDamaged."""
        partition = keys.blob(project, sha256)
        item = self._client.get((partition, keys.HEAD)) or self._client.get(
            (partition, keys.HEAD), consistent=True
        )
        if item is None:
            return None
        kept = _kept(item)
        if not kept.chunks:
            return Blob(zstd.decompress(bytes(item["b"])), kept.mime_type)  # type: ignore[arg-type]
        wanted = _chunks(partition, kept)
        found = self._client.get_many(wanted, consistent=True)
        if len(found) < len(wanted):
            raise StoreDamaged(f"Blob {sha256} has lost bytes.", DAMAGE_HINT)
        data = b"".join(bytes(found[key]["b"]) for key in wanted)  # type: ignore[arg-type]
        return Blob(zstd.decompress(data), kept.mime_type)

    def of(self, project: str) -> BlobOf:
        """Loads blobs of a project on demand. One that is missing is damage."""

        def load(sha256: str) -> Blob:
            found = self.find(project, sha256)
            if found is None:
                raise StoreDamaged(f"Blob {sha256} is missing.", DAMAGE_HINT)
            return found

        return load

    def let_go(
        self,
        project: str,
        trace_id: str,
        hashes: Collection[str],
        still_needed: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        """Removes the references of a trace, then the blobs to which nothing else refers. `still_needed` is asked in
        between: if the trace has started again meanwhile, it gets its references back."""
        if not hashes:
            return
        self._client.delete_many(
            [(keys.blob(project, sha256), f"{_REFERENCE}{trace_id}") for sha256 in hashes]
        )
        needed = set(hashes).intersection(still_needed())
        for sha256 in needed:
            # Without a time to live: a reference that stays too long wastes some bytes, one that goes too soon loses data.
            self._refer(project, trace_id, sha256, {})
        for sha256 in set(hashes) - needed:
            if not self._is_referred_to(project, sha256):
                self._delete(project, sha256)

    def all_of(self, project: str) -> Iterator[tuple[str, int]]:
        """The SHA-256 of every blob of a project, and the bytes that it takes up."""
        for item in self._client.query(keys.blobs(project), index=LIST_INDEX):
            yield str(item["h"]), _kept(item).stored_bytes

    def _put(self, project: str, sha256: str, blob: Blob, ttl: Item) -> None:
        partition, data = keys.blob(project, sha256), zstd.compress(blob.data)
        is_small = len(data) <= CHUNK_BYTES
        chunks = 0 if is_small else -(-len(data) // CHUNK_BYTES)
        kept = _Kept(blob.mime_type, len(data), secrets.token_hex(4), chunks)
        chunk_items = [
            {"pk": pk, "sk": sk, "b": data[at * CHUNK_BYTES : (at + 1) * CHUNK_BYTES], **ttl}
            for at, (pk, sk) in enumerate(_chunks(partition, kept))
        ]
        item: Item = {
            "pk": partition, "sk": keys.HEAD, "v": secrets.randbelow(1 << 40) + 1, "g": keys.blobs(project),
            "h": sha256, "m": _encode(kept), **({"b": data} if is_small else {}), **ttl,
        }  # fmt: skip
        try:
            self._client.put_version(item, 0, chunk_items)
        except Conflict as conflict:
            there = conflict.item
            if there is None or there["m"] == item["m"]:
                return  # the answer to our own put was lost
            self._client.delete_many(_chunks(partition, kept))
            self._outlive(there, ttl.get("ttl"))

    def _delete(self, project: str, sha256: str) -> None:
        key = (keys.blob(project, sha256), keys.HEAD)
        item = self._client.get(key, consistent=True)
        if item is None:
            return
        with suppress(Conflict):  # the answer was lost, or another process deleted it too
            self._client.delete_version(key, int(item["v"]))
        # Somebody may have come in between, and have seen the blob while it was there.
        if not (self._is_referred_to(project, sha256) and self._is_put_back(item)):
            self._client.delete_many(_chunks(key[0], _kept(item)))

    def _is_put_back(self, item: Item) -> bool:
        """Puts a blob back, for ever, since nobody could prolong it meanwhile; False if another generation is there."""
        item = {name: value for name, value in item.items() if name != "ttl"}
        try:
            self._client.put_version(item, 0)
        except Conflict as conflict:
            return conflict.item is not None and conflict.item["m"] == item["m"]
        return True

    def _is_referred_to(self, project: str, sha256: str) -> bool:
        page = self._client.page(
            keys.blob(project, sha256), _REFERENCE, _REFERENCES_END, limit=1, consistent=True
        )
        return bool(page.items)


def _kept(item: Item) -> _Kept:
    return _decode(bytes(item["m"]))  # type: ignore[arg-type]


def _chunks(partition: str, kept: _Kept) -> list[Key]:
    return [(partition, f"C#{kept.generation}#{chunk:04d}") for chunk in range(kept.chunks)]
