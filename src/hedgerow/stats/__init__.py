"""Floor 1: numbers from arrays. Nothing here has ever heard of a portfolio."""
