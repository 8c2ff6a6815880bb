"""Floor 2: the six steps. Values in, values out; one verb per file; no clock, no randomness, no disk."""
