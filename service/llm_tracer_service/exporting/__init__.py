"""Traces as files: lossless lines that can be imported again, Markdown, and a page that needs nothing but a browser.

lines     the spans of traces as lines of OTLP JSON or of native JSON
markdown  one trace to be read: by a person, or by a coding agent
page      one trace as one HTML file
"""
