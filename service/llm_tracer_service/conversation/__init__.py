"""How the model calls of one trace are related: tool links, fingerprints, what is new since the last call."""
