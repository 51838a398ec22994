"""Tests of OTLP bodies."""
