"""Messages of every convention as canonical messages (semconv.md §6).

Everything that is sent is brought to one loose form first (a dict with a role and content), then read by one reader
of messages and one of parts, which know the names of all conventions at once. A new library then mostly needs
nothing: it uses the names of one of its predecessors.
"""
