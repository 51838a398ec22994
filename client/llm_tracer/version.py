"""The version of this package, as it goes on the wire."""

__version__ = "0.1.0"
