"""What a program's values become: at once, on its own thread, whatever they are.

encode      any value as bytes
messages    a program's messages as those of OpenTelemetry GenAI
redact      secrets taken out
"""
