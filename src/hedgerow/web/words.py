"""The words of the trade, each explained where it stands."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "worth": "What the holdings would bring at the prices of the instant above. A coin without a price is called unknown; it is "
    "in no sum.",
    "beta": "How much a coin moves when the market moves by 1 %. A coin of beta 1.5 has, on average, moved 1.5 % for each 1 % of "
    "the market's coin. It is measured from the past, so it has an error: about two times in three the true number is within "
    "± one error.",
    "dollar beta": "Dollars of the market that the book moves like: if it says $100,000 of BTC and BTC falls by 10 %, expect the "
    "book to lose about $10,000, before what is the coins' own. It is the number that is hedged; longs and shorts may cancel in it.",
    "band": "How far the dollar beta may be from its target before trading back is worth what it costs. Inside the band nothing "
    "is done, on purpose.",
    "target": "The dollar beta you want left. 0 takes the whole market out; half of the book's beta leaves half of its swings.",
    "perpetual": "A futures contract without an end. Selling it gains when the coin falls. Funding keeps its price near the coin's.",
    "funding": "A payment between longs and shorts of a perpetual, every few hours. When the rate is positive, longs pay shorts: a "
    "short hedge RECEIVES a positive funding rate, and pays a negative one. Articles that say a short pays positive funding have "
    "the sign wrong.",
    "basis": "The difference between a contract's price and the coin's. Where the contract and the coins do not move together, the "
    "hedge adds a risk of its own.",
    "risk added": "What the contract does of its own, beside the market that it is to take out: one usual deviation over the days that are "
    "compared, in dollars. The less, the better the contract fits the book.",
    "left a year": "The usual size of a year's swings that the book keeps with this contract, in dollars: the coins' own part and what "
    "the contract adds.",
    "margin": "Coins that lie at the venue to cover the contract's losses. Gains of the coins you hold elsewhere do not count there.",
    "liquidation": "The venue closes a position when its margin is nearly used up. The distance says by how much the price may still "
    "move against the contract before that.",
    "survival": "How far the market may rise (for a short hedge) before the margin shown is used up.",
    "volatility": "The usual size of a year's swings. A hedge takes out the market's part; the coins' own part stays.",
    "approval": "A yes by name to one plan, by the hash of everything it says. It is good for that plan alone, and only while the "
    "plan is fresh; prices that moved too far, or a position that is not what it was made for, refuse it all the same.",
    "slippage": "How much worse the price paid was than the price when trading began, in percent of it. Below zero it was better.",
    "paper": "A venue that is simulated on this machine: it fills, charges fees and funding, and asks for margin as a real one "
    "does, and no money moves.",
    "roll": "A dated contract ends on its day. Rolling closes it and opens a later one, so that the hedge goes on; it has a cost and "
    "no gain of its own. A perpetual needs none.",
    "variance removed": "Which part of the book's swings the hedge took away, measured by their square. 75 % removed leaves half of "
    "the swings. Below zero the hedge added to them.",
    "drawdown": "The deepest fall from a height before it, in percent of that height.",
    "attribution": "Where each dollar came from: what the market did to the book and to the hedge, what the coins did besides, "
    "funding, fees, slippage, rolls. The lines add up to the gain.",
    "put": "The right to sell a coin at a price, the strike, on a day. It pays what the coin is below the strike then, and is "
    "never worth less than nothing: the fall is insured, the rise is kept, and the premium is what that costs.",
    "collar": "A put that is bought and a call that is sold to pay for it. The fall below the put is insured, and the rise "
    "above the call is given away.",
    "premium": "The price of an option. It is paid at once, at the ask, and is gone where the option ends worthless.",
    "gamma": "By how much the dollars that an option moves with change when its coin moves by 1 %. Bought options have it above "
    "zero: they move with the coin less the further it falls against them. Sold ones have it below.",
    "vega": "What an option gains when the volatility in its price rises by one point, 44 % to 45 %.",
    "net delta": "The coins that an option moves like. One that is paid in coins, as at Deribit, has its own price taken off: the "
    "premium is coins too, and counts as such.",
    "halt": "Nothing that adds risk is sent any more, by any process. What is open stays open. Lifting it is done on the command line.",
}
