"""The log of a server: a line for each request, for people or programs, that never waits for its reader."""
