"""`python -m llm_tracer doctor`: why are there no traces? Run it with the Python and the environment of the program.

Each check says how things are; where something is wrong, also what to do. It ends with a test trace that is sent,
read back and deleted.
"""

from __future__ import annotations

from .check import Check, State
from .examine import examine

__all__ = ["Check", "State", "examine"]
