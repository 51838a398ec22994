"""Tests of session logs."""
