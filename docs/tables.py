"""The tables of the documentation that are made from the code. `python docs/tables.py` writes them anew."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llm_tracer_service.query import known_fields
from llm_tracer_service.settings import SETTINGS

HERE = Path(__file__).resolve().parent


def settings_table() -> str:
    """Every setting of the service."""
    rows = ((f"`{one.variable}`", one.type, one.default_shown, one.description) for one in SETTINGS)
    return _table(("variable", "type", "default", "what it does"), rows)


def fields_table() -> str:
    """Every field of the query text."""
    rows = []
    for doc in known_fields():
        values = f" ({', '.join(doc.values)})" if doc.values else ""
        of = "" if doc.of_one_span else "whole trace only"
        rows.append((f"`{doc.name}`", doc.type, doc.description + values, f"`{doc.example}`", of))
    return _table(("field", "type", "of what", "example", ""), rows)


TABLES = {"configuration.md": {"settings": settings_table}, "query.md": {"fields": fields_table}}


def pages() -> Iterable[tuple[Path, str]]:
    """Each page with its tables as the code has them."""
    for name, tables in TABLES.items():
        path = HERE / name
        text = path.read_text(encoding="utf-8")
        for table, make in tables.items():
            begin, end = f"<!-- table:{table} -->", f"<!-- /table:{table} -->"
            before, _, rest = text.partition(begin)
            _, found, after = rest.partition(end)
            if not found:
                raise ValueError(f"{name} has no place for the table {table}: {begin} … {end}")
            text = f"{before}{begin}\n{make()}\n{end}{after}"
        yield path, text


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [
        head,
        tuple("---" for _ in head),
        *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
