"""What a coding agent can ask a running Tracer API: questions as tools, answers as short texts.

text       an answer within a number of characters, which says what it leaves out
traces     search, outline, find
spans      one span, with its input and output
comparing  two traces or spans
figures    stats, errors, sessions
server     all of them as a server of the Model Context Protocol; this module alone needs its SDK
"""
