"""Floor 3: results as frozen data, then as text, JSON or HTML."""
