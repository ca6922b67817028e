"""The optional tier: a kind cluster in Docker. Without Docker it is skipped, and says so."""
