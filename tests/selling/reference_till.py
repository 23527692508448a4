"""A till of its own process: python -m tests.selling.reference_till FILE SALES SKU:PRICE ...

Sells with the reference client until that many documents are on its disk, sending now and then, and ends when the shop
has them all. It may be killed at any moment and started again: what counts is what the file says.
"""

import random
import sys
import time
from decimal import Decimal

from clients.python.aisle_till import Till, sender

CENT = Decimal("0.01")


def main(file: str, sales: int, goods: list[tuple[str, str]]) -> None:
    till, chance = Till(file, timeout=20), random.Random()
    sender.pause = lambda tries, answer: chance.uniform(0.02, 0.1)  # a storm is over in seconds, a night is not
    made = made_by(till)
    while len(made) < sales:
        made.append(
            _refund(till, chance.choice(made)) if made and chance.random() < 0.1 else _sale(till, goods, chance)
        )
        if chance.random() < 0.3:
            till.sync()
    until = time.monotonic() + 90
    while till.waiting() and time.monotonic() < until:
        till.sync(patience=5)
    till.close()


def made_by(till: Till) -> list[str]:
    """The ids of the sales on the till's disk that took nothing back."""
    rows = till.outbox.db.execute("select id from item where kind = 'sale' order by n").fetchall()
    return [id for (id,) in rows]


def _sale(till: Till, goods: list[tuple[str, str]], chance: random.Random) -> str:
    picked = chance.sample(goods, chance.randint(1, 5))
    lines = [{"sku": sku, "quantity": chance.randint(1, 3), "unit_price": price} for sku, price in picked]
    total = sum((Decimal(line["unit_price"]) * line["quantity"] for line in lines), Decimal(0)).quantize(CENT)
    return till.sell(lines, [{"tender": "card", "amount": total}], cashier="Ana").id


def _refund(till: Till, sale: str) -> str:
    """One piece of a sale that may not even be sent yet; what it is worth is the shop's to say."""
    return till.refund(sale, {1: "1"}, []).id


if __name__ == "__main__":
    main(
        sys.argv[1],
        int(sys.argv[2]),
        [(sku, price) for sku, _, price in (pair.partition(":") for pair in sys.argv[3:])],
    )
