"""What came of a pass, summed up for people, machines and the exit code."""
