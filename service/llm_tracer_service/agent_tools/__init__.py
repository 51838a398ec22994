"""What a coding agent asks of a running Tracer API: questions as tools, answers as short texts.

    text       an answer within a number of characters, that says what it left out
    traces     search, outline, find
    spans      one span, with what it was given and answered
    comparing  two traces or spans
    figures    stats, errors, sessions
    server     all of them as a server of the Model Context Protocol; the only one that needs its SDK

Without the SDK all of it but the server can be used, and tested.
"""
