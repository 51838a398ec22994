"""The vocabulary: the nouns that the parts exchange, and their pure rules.

Only the standard library is imported here, and nothing else of ours (docs/architecture.md, "Rules between the
parts"). Everything is a frozen dataclass: Reflex reads its fields, msgspec decodes into it, and it costs the SDK
nothing. Import the module of a noun (`from llm_tracer.model.span import SpanData`). The package itself imports
nothing, so that a program that only sends spans does not load the rules for reading them.

    span            SpanData: one span as it was sent, and how two deliveries of it become one
    reading         Reading and Content: what a span means; Reader: who can tell
    row             SpanRow: a span without its payload
    place           what its place in a trace says of a span; the record of a trace
    tree            the rows of a trace in tree order
    counting        which spans make up tokens and cost, each model call once
    trace           Trace, TraceSummary: the status, the previews, the sums
    patterns        what a trace did, as one line
    failures        which failures are the same
    query           TraceQuery: what a query means, as code
    figures         Figures: totals and latency percentiles that can be added up
    groups          figures by value: by model, by user, by tool
    session         SessionSummary: the traces of one conversation
    env_file        the lines of a `.env` file
    keys            the keys of an object as texts
    text            how a duration, a cost, a count and a preview are written
    fast_dataclass  a quick `__init__` for what is made for every span
"""
