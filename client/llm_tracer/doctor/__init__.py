"""`python -m llm_tracer doctor`: why are there no traces? Run it with the Python and the environment of the program.

Each check says how things are, and what to do if something is wrong. The last one sends a test trace, reads it back
and deletes it.
"""

from __future__ import annotations

from .check import Check, State
from .examine import examine

__all__ = ["Check", "State", "examine"]
