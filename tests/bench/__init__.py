"""``make bench``: speed and memory of whole processes, against floors of the same run."""
