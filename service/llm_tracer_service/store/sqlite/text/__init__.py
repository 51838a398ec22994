"""Full text search of the embedded store: an index beside the store's file, made after the spans were acknowledged.

words.py       texts as tokens, and what tokens a wanted text implies
file.py        the file of the index: its tables, made anew where it is lost, damaged or of another store
texts.py       the texts of a body
repeated.py    texts that come again with every turn, split once
intake.py      taking in what the store holds, body by body
vocabulary.py  every token once, to find those that have a text within them
verbatim.py    when the bytes of a span tell that a text is not in it
search.py      `TextSearch`: which traces may hold a text
checks.py      whether an index has what its store has
index.py       `TextIndex`: all of it, for the store
"""

from llm_tracer_service.store.sqlite.text.index import TextIndex
from llm_tracer_service.store.sqlite.text.search import TextSearch

__all__ = ["TextIndex", "TextSearch"]
