"""What is demanded of a client: of each request, of their order, of their pace, of its end. Pure; yields findings."""
