"""What a stack trace says besides its lines."""

import json

import pytest
from javascript import evaluate

CHAINED = """Traceback (most recent call last):
  File "a.py", line 1, in read
    yield
h11._util.RemoteProtocolError: peer closed connection
{chain}
Traceback (most recent call last):
  File "b.py", line 2, in ask
    raise APIConnectionError() from err
openai.APIConnectionError: Connection error.
"""


@pytest.mark.parametrize(
    "chain",
    [
        "\nThe above exception was the direct cause of the following exception:\n",
        "\nDuring handling of the above exception, another exception occurred:\n",
    ],
)
def test_a_chain_of_exceptions_says_what_it_began_with(chain: str) -> None:
    stack = CHAINED.format(chain=chain)
    said = evaluate("content/stack.js", f"m.firstCause({json.dumps(stack)})")
    assert said == "h11._util.RemoteProtocolError: peer closed connection"


def test_of_a_long_stack_of_python_the_innermost_frames_are_shown_first() -> None:
    frames = "".join(f'  File "a.py", line {n}, in f\n    call()\n' for n in range(40))
    stack = f"Traceback (most recent call last):\n{frames}ValueError: no\n"
    shown = evaluate("content/stack.js", f"((s) => s.slice(m.innermostAt(s)))({json.dumps(stack)})")
    assert shown.splitlines()[0] == '  File "a.py", line 35, in f'
    assert shown.endswith("ValueError: no\n")
    assert evaluate("content/stack.js", f"m.innermostAt({json.dumps(CHAINED)})") == 0
    javascript = "Error: no\n" + "    at f (a.js:1:1)\n" * 40
    assert evaluate("content/stack.js", f"m.innermostAt({json.dumps(javascript)})") == 0


def test_one_exception_has_no_other_cause() -> None:
    stack = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no'
    assert evaluate("content/stack.js", f"m.firstCause({json.dumps(stack)})") is None
