"""Floor 3: what the program says to the outside: messages to people, a log for machines, metrics."""
