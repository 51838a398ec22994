"""The running Tracer API: the application, what serves it, and what it does besides answering.

app             the application: only the wiring
server          over HTTP, on any number of ports; `connection` has the limits of one
grpc_server     OTLP over gRPC
lambda_handler  as a function of AWS Lambda
maintenance     the thread that does what is due
freed_memory    gives memory back to the system
"""
