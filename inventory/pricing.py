"""New prices by a rule: pure arithmetic on exact decimals, for the bulk price change."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

HOW = {"set": "Set to", "percent": "Change by per cent", "amount": "Change by amount"}
# An ending as (step, offset): the prices that end so are offset, offset + step, offset + 2 steps ...
ENDING_STEPS = {
    "whole": (Decimal("1"), Decimal("0")),
    "five": (Decimal("0.05"), Decimal("0")),
    "x09": (Decimal("1"), Decimal("0.09")),
    "nine": (Decimal("0.10"), Decimal("0.09")),
    "ninety_nine": (Decimal("1"), Decimal("0.99")),
}
ENDINGS = {
    "": "As it comes, to the cent",
    "whole": "Whole, 3.00",
    "five": "To five cents, 3.15",
    "x09": "Ends in .09, 3.09",
    "nine": "Ends in 9, 3.19",
    "ninety_nine": "Ends in .99, 2.99",
}
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rule:
    """Set a price, or change it by per cent or by an amount; then bring it to the nearest price that ends so."""

    how: str
    value: Decimal
    ending: str = ""

    def applied(self, old: Decimal | None) -> Decimal | None:
        """The new price; None where there is no old one to change. Never below 0, and an ending never makes it 0."""
        if self.how == "set":
            return _ended(self.value, self.ending)
        if old is None:
            return None
        changed = old * (1 + self.value / 100) if self.how == "percent" else old + self.value
        return _ended(max(changed, Decimal(0)), self.ending)


def _ended(price: Decimal, ending: str) -> Decimal:
    if not ending:
        return price.quantize(CENT, ROUND_HALF_UP)
    step, offset = ENDING_STEPS[ending]
    steps = ((price - offset) / step).quantize(Decimal(1), ROUND_HALF_UP)
    nearest = offset + steps * step
    return (nearest if nearest > 0 else nearest + step).quantize(CENT)


def margin(
    price: Decimal | None, cost: Decimal | None, tax_rate: Decimal | None, *, prices_include_tax: bool
) -> Decimal | None:
    """The share of the net price that is left over the cost; None where price or cost is unknown or the price 0."""
    if not price or cost is None:
        return None
    net = price / (1 + (tax_rate or Decimal(0))) if prices_include_tax else price
    return (net - cost) / net
