"""Who may ask and send, and how much."""
