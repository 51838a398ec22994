"""Full text search of the embedded store: an index beside the store's file, filled after spans were acknowledged.

words.py       texts as tokens, and the tokens that a wanted text implies
file.py        the file of the index: its tables; it is rebuilt if it is lost, damaged or of another store
texts.py       the texts of a body
repeated.py    texts that come again with every turn, split only once
intake.py      taking in what the store holds, body by body
vocabulary.py  every token once, to find the tokens that contain a text
verbatim.py    when the bytes of a span show that a text is not in it
search.py      `TextSearch`: which traces may contain a text
checks.py      whether an index holds what its store holds
index.py       `TextIndex`: all of it, for the store
"""

from llm_tracer_service.store.sqlite.text.index import TextIndex
from llm_tracer_service.store.sqlite.text.search import TextSearch

__all__ = ["TextIndex", "TextSearch"]
