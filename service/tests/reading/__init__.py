"""Tests of what spans mean.

What one sender sends has its place by how it is known:

    test_conformance         its convention says so
    test_sources             it was captured whole (tests/fixtures/otlp) and is held to what the program did
    test_captured_senders    it was captured, and cut to what matters; JavaScript in test_javascript_senders
    test_run_senders         it was run against a server that knows the truth: what was once read wrongly
    test_further_senders     it was captured, and judged by hand: what was once read wrongly
    test_senders_by_source   its source says so; it was not run
    test_described_senders   its source and its documentation say so
    test_other_senders       it is known otherwise

The other modules are about one question for all senders: tokens, prices, spellings, hostile values and so on.
"""
