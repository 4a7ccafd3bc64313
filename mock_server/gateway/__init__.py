"""What the operations of the contract do: checks, handlers, forced outcomes. Pure."""
