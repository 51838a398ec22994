"""Messages of every convention as canonical messages.

Everything that is sent is first brought into one loose form (a dict with a role and content), then read by one reader of
messages and one of parts, which know the names of all conventions at once. So a new library usually needs nothing: it
uses the names of one of its predecessors.

gather        the messages of a span, from whichever key gives some first
shapes        the messages in a JSON value, by its shape
indexed       lists that were flattened into attribute names
events        messages that arrive as span events or log records
labelled      messages as Claude Code writes new ones
message       one message
parts         its pieces: which block is what, with `tool_parts` and `media_parts`; `block` is what they are made of
preview       one line of the input and of the output
"""
