"""The ways to ask: directed checks, a flow for each task, generated requests, stories."""
