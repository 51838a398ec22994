from __future__ import annotations

from hypothesis import settings

# No deadline: on a busy machine a single example may be slow, and the tests of time measure CPU time themselves.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
