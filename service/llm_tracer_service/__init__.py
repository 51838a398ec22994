"""The Tracer API: receives, understands, stores, finds and serves traces. See docs/architecture.md."""

__version__ = "0.1.0"
