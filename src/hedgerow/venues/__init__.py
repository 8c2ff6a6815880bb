"""Floor 3: the market's doors."""
