"""What the control API does: one module for each group of operations of admin.yaml."""
