"""The money rules of a document, whoever brings it: a line keeps four decimals, a document is paid to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
CENT = Decimal("0.01")
FINEST = Decimal("0.0001")


def fine(amount: Decimal) -> Decimal:
    """To the four decimals of a line."""
    return amount.quantize(FINEST, ROUND_HALF_UP)


def cents(amount: Decimal) -> Decimal:
    """To what can be paid."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def split(asked: Decimal, rate: Decimal, *, included: bool) -> tuple[Decimal, Decimal]:
    """Net and tax of what was asked for a line, which has the tax in it or not. Together they are what was paid."""
    asked = fine(asked)
    if not rate:
        return asked, ZERO
    if included:
        net = fine(asked / (ONE + rate))
        return net, asked - net
    return asked, fine(asked * rate)


def piece(whole: Decimal, of: Decimal, first: Decimal, last: Decimal, grain: Decimal = CENT) -> Decimal:
    """What of `whole`, spread evenly over `of`, falls between `first` and `last`, to the grain.

    Pieces that follow each other from 0 to `of` add up to the whole, however it is cut.
    """
    upto = (whole * last / of).quantize(grain, ROUND_HALF_UP)
    return upto - (whole * first / of).quantize(grain, ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """One way to write a number: 1, 1.0 and 1.00 are the same."""
    return format(value.normalize() + 0, "f")
