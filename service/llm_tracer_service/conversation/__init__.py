"""How the model calls of one trace are related: tool links, fingerprints, what is new since the last call.

index         the model and tool spans of a trace, read as they are needed
contents      what they contain
family        which is below which, in the same scope, earlier
exchange      what is kept of a span to link it with others
fingerprints  messages that say the same
delta         what is new in a call
tool_links    which calls, results, definitions and spans of tools belong together
schema_check  whether a value fits a JSON schema
turns         a trace as a turn: the last question, the answer
transcript    a trace as text
replay        a call as something that can be sent again
"""
