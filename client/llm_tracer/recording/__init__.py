"""What happens on the program's own thread: spans are opened, told things and ended.

    decorator       `@trace` around functions of all kinds
    traced_object   what a traced callable keeps of the one it stands for
    span            the live span
    no_span         the span of a program that does not record
    context         what a span inherits from where it is opened
    generators      what a generator's reader sees is the generator itself, and its span lasts while it is read
    stream          chunks of an answer, passed on and joined
    failure         an exception on a span
    scores          scores as attributes
    sampling        which traces are recorded

It knows nothing of how spans leave the process: `Tracer` brings the two together.
"""
