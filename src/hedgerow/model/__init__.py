"""Floor 0: the nouns of the trade. Frozen values, no decisions, no input or output."""
