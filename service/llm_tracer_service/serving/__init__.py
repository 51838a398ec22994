"""The running Tracer API: the application, what serves it, and what it does besides answering."""
