"""Traces as files: lossless lines that can be imported again, Markdown, and a page for the browser alone.

lines      the spans of traces as lines of OTLP JSON or of native JSON
markdown   one trace to read, for people or coding agents
page       one trace as one HTML file
headline   what people ask first about a trace
own_times  where the time of a trace went
drawn      the tree of a page
"""
