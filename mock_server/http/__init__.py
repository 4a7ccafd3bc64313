"""Requests and answers as values: read and refused by a contract. Knows no operation, no world, no socket."""
