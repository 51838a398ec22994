"""The memory store: the specification of a store, as plainly as possible.

Dictionaries, one lock, and `TraceQuery.matches`. Nothing is indexed and every question looks at everything, so it is
for tests and for trying things out; every other store is held to its answers (tests/store/test_agreement.py).

held.py    what is kept: traces with their spans, projects, and the order in which traces may be deleted
writer.py  taking spans in, and deriving traces from them
remap.py   deriving traces again with another Reader
view.py    the answers about a project: lists, spans, sessions, totals
store.py   `MemoryStore`: all of it behind one lock, with changes and upkeep
"""

from llm_tracer_service.store.memory.store import MemoryStore

__all__ = ["MemoryStore"]
