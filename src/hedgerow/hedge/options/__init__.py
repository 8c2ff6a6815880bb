"""Options as hedges: what a put, a spread or a collar does to a book, beside the perpetual (domain §3.5)."""
