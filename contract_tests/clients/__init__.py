"""The judge of clients: a journal, webhooks and an ending in, findings out. Imports `covermock.openapi` only."""
