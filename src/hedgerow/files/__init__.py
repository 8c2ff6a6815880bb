"""Floor 3: readers and writers of holdings, prices, funding and order books."""
