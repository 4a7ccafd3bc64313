"""Sending webhooks: whose turn it is, where they may go, and the POST itself."""
