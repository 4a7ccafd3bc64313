"""The one connection to Redis: made, watched, lost, found again, and what it says of the time."""
