"""Tests of what spans mean."""
