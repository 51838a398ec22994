# The recipes of this workspace. Each calls run.py, which needs only Python; `python3 run.py VERB` does the same.

# Show this help
default:
    @"{{ just_executable() }}" --list --unsorted

# Install what is missing and start everything: API :8001, dashboard :3000
up *arguments:
    python3 run.py up {{ arguments }}

# The dashboard with hot reload, without Docker: edits of .py, .jsx or .css show automatically
dev *arguments:
    python3 run.py dev {{ arguments }}

# Send the demo traces to a running Tracer API
demo *arguments:
    python3 run.py demo {{ arguments }}

# Check and test all parts, or one: `just test client -k span`
test *arguments:
    python3 run.py test {{ arguments }}

# Linter, formatter, type checker, import contract
check:
    python3 run.py check

# Run a benchmark (without a name: list them)
bench *arguments:
    python3 run.py bench {{ arguments }}

# Compare what the API says about captured telemetry with what the programs did (in another folder, if one is given)
dialects *arguments:
    python3 run.py bench dialects {{ arguments }}

# Ask SQLite and memory 10,000 generated queries and compare the answers
agreement *arguments:
    python3 run.py bench agreement {{ arguments }}

# Build the three wheels into dist/
wheels:
    python3 run.py wheels

# Build the images and run every Docker Compose recipe for real; needs Docker and the ports 3000, 4317, 8000, 8001, 8002
containers *arguments:
    python3 run.py containers {{ arguments }}

# Build everything into dist/, test what was built, write its checksums
release:
    python3 run.py release

# Pack the Tracer API for AWS Lambda, arm64 and x86-64, into dist/
lambda *arguments:
    python3 run.py lambda {{ arguments }}

# Lock the newest version of all dependencies in constraints.txt
lock:
    python3 run.py lock

import 'deploy/containers.just'
