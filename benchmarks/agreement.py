"""Generated queries over generated traces, asked of SQLite and of memory: every answer has to be the same.

    python3 run.py bench agreement [--queries 10000] [--seed 1]

Each query is a text as people type it (every field, operator and range of docs/query.md, groups and what follows what,
words in ten scripts), asked for traces in one of the five orders and page by page, for spans, for sessions and for totals.
Prints how many were compared and each that disagreed; its code is 1 where one did.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

SERVICE = Path(__file__).resolve().parent.parent / "service"
sys.path[:0] = [str(SERVICE), str(SERVICE / "tests")]

from tests.store.comparing import Outcome, compare


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started_s = time.process_time()
    outcome = compare(arguments.queries, arguments.seed, tell)
    for disagreement in outcome.disagreements:
        print(disagreement)
    print(
        f"{outcome.asked:,} queries compared, {outcome.found:,} of them found something, "
        f"{len(outcome.disagreements):,} disagreed ({time.process_time() - started_s:.0f} s CPU)"
    )
    sys.exit(1 if outcome.disagreements else 0)


def tell(outcome: Outcome) -> None:
    print(f"  {outcome.asked:,} asked, {len(outcome.disagreements):,} disagreed", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
