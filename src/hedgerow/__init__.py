"""Beta hedging for crypto portfolios."""
