"""What leaves for a gateway, below everything that asks: the wire, rate and budget, the history."""
