"""Messages of every convention as canonical messages.

Everything that is sent is first brought into one loose form (a dict with a role and content), then read by one reader of
messages and one of parts, which know the names of all conventions at once. So a new library usually needs nothing: it
uses the names of one of its predecessors.
"""
