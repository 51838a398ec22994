"""`python -m llm_tracer_dashboard`."""

import sys

from .launcher import main

sys.exit(main())
