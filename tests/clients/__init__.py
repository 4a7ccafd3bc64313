"""Clients, good and bad, that the judge is proven with."""
