"""Where worlds live: the port, and what answers it, in memory or in Redis."""
