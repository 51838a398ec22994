"""From a request to spans on the disk: every way in, decoded to the one form of a span."""
