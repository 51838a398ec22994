"""Where a text has formulas of LaTeX."""

import json

from javascript import evaluate

FORMULAS = [
    "$x$",
    "so $x^2 + y^2 = 1$.",
    r"\(a\)",
    r"\[ \frac{1}{2} \]",
    "$$\nx = 1\n$$",
    "Then:\n\\begin{align}\na &= b\n\\end{align}",
    r"$\text{costs } \$5$",
    "$42$",
]
NONE = [
    "It costs $5 or $10.",
    "$5-$10, $1,000 and US$5",
    "echo $HOME/$USER ${a}$(b)",
    "`$a` or `$b`",
    r"a source \[1\]",
    r"the file\(s\) and call\(x\)",
    r"\$x$",
    "$a\nb$",
    "$$ not\n\nclosed $$",
]


def test_formulas_are_told_from_prices_variables_and_escaped_brackets() -> None:
    assert (
        evaluate("content/formulas.js", f"{json.dumps(FORMULAS)}.filter((text) => !m.hasFormula(text))") == []
    )
    assert evaluate("content/formulas.js", f"{json.dumps(NONE)}.filter(m.hasFormula)") == []


def test_a_formula_has_a_line_of_its_own_if_its_marks_say_so() -> None:
    told = evaluate(
        "content/formulas.js",
        r"""m.FORMULAS.map(({ tokenizer }) => ["$$x$$", "\\[x^2\\] is", "$x$ is", "x"].map((text) => tokenizer(text)))""",
    )
    in_block, in_line = told
    assert in_block == [{"type": "formula", "raw": "$$x$$", "tex": "x", "display": True}, None, None, None]
    assert [token and (token["raw"], token["tex"], token["display"]) for token in in_line] == [
        ("$$x$$", "x", True), (r"\[x^2\]", "x^2", True), ("$x$", "x", False), None,
    ]  # fmt: skip


def test_a_bracket_close_behind_a_word_is_escaped_and_no_formula() -> None:
    told = evaluate(
        "content/formulas.js",
        r"""[[{ raw: "the file" }], [{ raw: "where " }], []].map((before) => m.FORMULAS[1].tokenizer("\\(s\\) is", before)?.tex)""",
    )
    assert told == [None, "s", "s"]
