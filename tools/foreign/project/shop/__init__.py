"""An application of Django that asks the gateway."""
