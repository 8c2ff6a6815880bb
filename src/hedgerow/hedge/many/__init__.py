"""Thousands of books at once: what one plan each would say, as columns.

    universe = Universe.of(policy, market, catalogue, books.symbols)     betas, covariance, contracts: once for all
    plans = plan_books(universe, books)                                   (B,) columns, whole lots

For books of plain coins and one contract each; any other is planned alone, by `Policy.plan`.
"""

from hedgerow.hedge.many.books import Books
from hedgerow.hedge.many.plans import BookPlans, plan_books
from hedgerow.hedge.many.universe import Universe

__all__ = ["BookPlans", "Books", "Universe", "plan_books"]
