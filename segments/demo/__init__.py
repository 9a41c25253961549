"""A generated shop to try everything on: deterministic, and loaded through the same services."""
