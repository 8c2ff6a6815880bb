"""Floor 5: the page. It shows what the steps and the journal say, holds no keys, and never trades."""
