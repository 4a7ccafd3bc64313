"""What a run was, for its report: its facts, its tasks over time, and what its history tells of doubtful refusals."""
