"""How the query text is split: a scanner and a recursive descent over the characters themselves.

    query   = any of
    any of  = all of { "OR" all of }
    all of  = term { ["AND"] term }
    term    = ("-" | "NOT") term | "(" any of ")" | spans | phrase | field operator values | word
    spans   = "{" [any of] "}" { "->" "{" [any of] "}" }
    values  = value { "," value }

There is no list of tokens, since the meaning of a character depends on where it is (`-` in a word, `,` in a value). Each
character is looked at a bounded number of times, so the time is linear in the length of the text.
"""

from __future__ import annotations

import re

from llm_tracer.model.query import FAMILIES, And, Condition, Not, Or, SpanGroups, TraceQuery, Word

from llm_tracer_service.query.conditions import OPERATOR, Term, Value, check_field, condition_of
from llm_tracer_service.query.error import QueryError
from llm_tracer_service.query.fields import DOC_OF
from llm_tracer_service.query.numbers import EXAMPLES
from llm_tracer_service.query.quotes import QUOTED, as_text_hint, unquoted

LENGTH_MAX = 10_000
"""Characters of a query. Longer ones are mistakes (a pasted document), and would not fit into a URL."""
DEPTH_MAX = 50
"""How deep parentheses, braces and negations may be nested. It limits recursion, here and in every store."""

_SPACE = re.compile(r"\s*")
_WORD = re.compile(r'[^\s(){}"]*')
_VALUE = re.compile(r'[^\s(){}",]*')
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*(?=[:=<>]|!=)")
_FAMILY = re.compile(rf"({'|'.join(FAMILIES)})\.")
_KEY = re.compile(r'[^\s(){}":=<>!]+')

KEYWORDS = ("AND", "OR", "NOT")


def parse(text: str, *, of_spans: bool = False) -> TraceQuery:
    """The meaning of a query text. The empty text matches everything; any other text that is not a query is a QueryError.

    `of_spans`: the query is about single spans (`GET /api/spans`), so all of it is read as if inside `{...}`: `status:` is
    the span's, and fields that say nothing about one span are refused.
    """
    if len(text) > LENGTH_MAX:
        raise QueryError(LENGTH_MAX, f"at most {LENGTH_MAX} characters", "search for less of the text")
    return TraceQuery(_Parser(text, of_spans).whole())


class _Parser:
    """One text and how far it has been read. `_of_one_span` is True while conditions are about one span."""

    def __init__(self, text: str, of_spans: bool) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._of_spans = of_spans
        self._of_one_span = of_spans
        self._in_braces = False

    def whole(self) -> Condition:
        self._skip_space()
        if self._at == len(self._text):
            return And()
        condition = self._any_of()
        if self._at < len(self._text):
            opening = {")": "(", "}": "{"}[self._peek()]
            raise QueryError(self._at, f'"{opening}" before "{self._peek()}"', as_text_hint(self._peek()))
        return condition

    # --- joining --------------------------------------------------------------------------------------------------

    def _any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._word() == "OR":
            self._at += len("OR")
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._term()]
        while self._more():
            if self._word() == "AND":
                self._at += len("AND")
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _more(self) -> bool:
        self._skip_space()
        return self._peek() not in ("", ")", "}") and self._word() != "OR"

    def _term(self) -> Condition:
        """One term. Leaves the position after it, possibly at white space."""
        self._skip_space()
        first = self._peek()
        word = self._word()
        if first in ("", ")", "}") or word in ("AND", "OR"):
            raise QueryError(
                self._at,
                "a term",
                as_text_hint(word) if word else "a word, or a condition such as status:error",
            )
        if first == "-" or word == "NOT":
            return self._negation(word)
        if first == "(":
            return self._parentheses()
        if first == "{":
            return self._span_groups()
        if first == '"':
            return self._phrase()
        return self._field() or self._bare_word(word)

    def _negation(self, word: str) -> Condition:
        if word.startswith("->"):
            raise QueryError(self._at, 'a "{...}" before "->"', as_text_hint(word))
        minus_alone = word == "-" and self._text[self._at + 1 : self._at + 2] not in ("(", "{", '"')
        if minus_alone or word.startswith("--"):
            raise QueryError(self._at, 'a term directly after "-"', as_text_hint(word))
        self._enter()
        self._at += 1 if word.startswith("-") else len("NOT")
        part = self._term()
        self._depth -= 1
        return Not(part)

    # --- groups ---------------------------------------------------------------------------------------------------

    def _parentheses(self) -> Condition:
        opened = self._at
        self._enter()
        self._at += 1
        condition = self._any_of()
        self._close(")", opened)
        return condition

    def _span_groups(self) -> Condition:
        if self._in_braces:
            raise QueryError(self._at, "a condition of one span", "{...} cannot be nested in {...}")
        groups = [self._braces()]
        while self._sequel():
            groups.append(self._braces())
        return SpanGroups(tuple(groups))

    def _sequel(self) -> bool:
        """Whether `-> {` follows; if so, the position is at its brace."""
        before = self._at
        self._skip_space()
        if not self._text.startswith("->", self._at):
            self._at = before
            return False
        if self._of_spans:
            raise QueryError(self._at, "a condition of one span", "only traces are searched by a sequence")
        self._at += len("->")
        self._skip_space()
        if self._peek() != "{":
            raise QueryError(self._at, 'a "{...}" after "->"', "as {kind:tool} -> {status:error}")
        return True

    def _braces(self) -> Condition:
        opened = self._at
        self._enter()
        self._at += 1
        self._in_braces = self._of_one_span = True
        self._skip_space()
        condition = And() if self._peek() == "}" else self._any_of()
        self._close("}", opened)
        self._in_braces, self._of_one_span = False, self._of_spans
        return condition

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise QueryError(
                self._at, f"at most {DEPTH_MAX} levels of nesting", "take away some of the parentheses"
            )

    def _close(self, bracket: str, opened: int) -> None:
        self._skip_space()
        if self._peek() != bracket:
            raise QueryError(
                self._at, f'"{bracket}"', f'for the "{self._text[opened]}" at character {opened + 1}'
            )
        self._at += 1
        self._depth -= 1

    # --- terms ----------------------------------------------------------------------------------------------------

    def _phrase(self) -> Condition:
        opened = self._at
        text = self._quoted()
        if not text:
            raise QueryError(
                opened, "a text between the quotes", "a query without conditions finds everything"
            )
        self._end_of_term(opened)
        return Word(text)

    def _bare_word(self, word: str) -> Condition:
        if OPERATOR.match(word):
            raise QueryError(
                self._at,
                "a term",
                f"operators have no spaces around them; {as_text_hint(word)}",
            )
        # A word is found inside longer ones anyway, so a wildcard around it changes nothing.
        bare = word.strip("*")
        if not bare:
            raise QueryError(self._at, "a word", "a query without conditions finds everything")
        if "*" in bare:
            raise QueryError(self._at, "a word without * inside", as_text_hint(word))
        start = self._at
        self._at += len(word)
        self._end_of_term(start)
        return Word(bare)

    def _field(self) -> Condition | None:
        """A term with a field; None for a bare word. An identifier before an operator is always a field."""
        start = self._at
        family = _FAMILY.match(self._text, start)
        if family is not None:
            return self._family(family)
        match = _FIELD.match(self._text, start)
        if match is None:
            return None
        check_field(match[0], start, self._of_one_span, self._word())
        self._at = match.end()
        return self._operator_and_values(start, match[0], None)

    def _family(self, match: re.Match[str]) -> Condition | None:
        start, self._at = self._at, match.end()
        key = self._key()
        if OPERATOR.match(self._text, self._at):
            return self._operator_and_values(start, match[1], key)
        if self._text[start : self._at] == _WORD.match(self._text, start)[0]:  # type: ignore[index]
            self._at = start  # a word like `meta.json`
            return None
        raise QueryError(self._at, "one of : = != > >= < <=", "put a key with other characters in quotes")

    def _key(self) -> str:
        if self._peek() == '"':
            key = self._quoted()
        else:
            match = _KEY.match(self._text, self._at)
            key = match[0] if match else ""
            self._at += len(key)
        if not key:
            raise QueryError(self._at, "a name after the dot", "as meta.customer:acme")
        return key

    def _operator_and_values(self, start: int, field: str, key: str | None) -> Condition:
        written = self._text[start : self._at]
        operator_position = self._at
        match = OPERATOR.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        values = self._values(field, written, match[0])
        self._end_of_term(start)
        return condition_of(Term(field, key, written, match[0], operator_position, values, self._of_one_span))

    def _values(self, field: str, written: str, operator: str) -> tuple[Value, ...]:
        if self._peek() == "=":
            hint = f"did you mean {written}{operator}{self._word()[1:]} ?"
            raise QueryError(self._at, "a value", hint)
        values = [self._value(field, written, operator)]
        while self._peek() == ",":
            self._at += 1
            values.append(self._value(field, written, operator))
        return tuple(values)

    def _value(self, field: str, written: str, operator: str) -> Value:
        start = self._at
        if self._peek() == '"':
            value = Value(self._quoted(), start, quoted=True)
        else:
            self._at = _VALUE.match(self._text, start).end()  # type: ignore[union-attr]
            value = Value(self._text[start : self._at], start, quoted=False)
        if not value.text:
            if self._peek().isspace():
                hint = "operators have no spaces around them"
            elif operator in (">", ">=", "<", "<=") and (example := EXAMPLES.get(DOC_OF[field].type)):
                hint = f"for example {written}{operator}{example}"
            else:
                hint = f"-{written}:* finds what has none"
            raise QueryError(start, "a value", hint)
        return value

    # --- characters -----------------------------------------------------------------------------------------------

    def _peek(self) -> str:
        """The next character; empty at the end."""
        return self._text[self._at : self._at + 1]

    def _word(self) -> str:
        """The text up to the next space, bracket or quote; the position stays."""
        return _WORD.match(self._text, self._at)[0]  # type: ignore[index]

    def _skip_space(self) -> None:
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]

    def _quoted(self) -> str:
        """The quoted text that begins here."""
        match = QUOTED.match(self._text, self._at)
        if match is None:
            raise QueryError(self._at, 'a closing "', r'inside quotes, " is written \" and \ is written \\')
        self._at = match.end()
        return unquoted(match)

    def _end_of_term(self, start: int) -> None:
        """Refuses a term that something is attached to: `print(x)` is not a word and a group, but text that needs quotes."""
        following = self._peek()
        if following in ("", ")", "}") or following.isspace():
            return
        stuck = self._text[start:].split(maxsplit=1)[0]
        raise QueryError(self._at, "a space", as_text_hint(stuck))
