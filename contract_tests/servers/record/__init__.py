"""What a run was, for its report: its facts, and its tasks over time."""
