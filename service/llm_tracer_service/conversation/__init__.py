"""What the model calls of one trace have to do with each other: tool links, fingerprints, what is new since the last."""
