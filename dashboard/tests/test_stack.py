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
    said = evaluate("stack.js", f"m.firstCause({json.dumps(stack)})")
    assert said == "h11._util.RemoteProtocolError: peer closed connection"


def test_one_exception_has_no_other_cause() -> None:
    stack = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no'
    assert evaluate("stack.js", f"m.firstCause({json.dumps(stack)})") is None
