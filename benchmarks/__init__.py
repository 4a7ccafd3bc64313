"""Measurements of covermock and its peers, each a program of its own: `python -m benchmarks.NAME`."""
