"""Use cases: take what was read, decide, commit; one verb per file."""
