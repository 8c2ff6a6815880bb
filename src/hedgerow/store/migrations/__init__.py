"""How the journal's tables came to be, step by step, up and down."""
