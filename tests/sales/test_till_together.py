"""Many tills at once: nothing twice, nothing lost, nobody waits for ever."""

import random
from collections import Counter

from django.db import connection
from django.db.models import Sum

from customers.models import Customer
from inventory.models import Product, StockLevel, StockMovement
from sales.models import InboxItem, Payment, Sale, SaleLine
from shop.tenancy import use_shop
from tests.factories import Cast, make_product
from tests.sales.tilling import CHOC, back, count, document, send, till_of, together


def stock_is_its_ledger() -> bool:
    levels = dict(StockLevel.objects.values_list("product_id", "quantity"))
    ledger = StockMovement.objects.order_by().values_list("product_id").annotate(sum=Sum("quantity"))
    return levels == dict(ledger)


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select deadlocks from pg_stat_database where datname = current_database()")
        return int(cursor.fetchone()[0])


def test_eight_posts_of_one_sale_at_once_book_one(committed_cast: Cast) -> None:
    green = committed_cast.green
    with use_shop(green):
        count(green)
    device = till_of(green)
    for _ in range(12):
        sale = document(payments=[{"tender": "cash", "amount": "4.80"}])
        said = together([lambda sale=sale: send(device, sale)[0].status for _ in range(8)])
        assert Counter(said) == {"created": 1, "duplicate": 7}
    with use_shop(green):
        assert (Sale.objects.count(), SaleLine.objects.count(), Payment.objects.count()) == (12, 12, 12)
        assert StockMovement.objects.filter(kind="sale").count() == 12
        assert StockLevel.objects.get(product__sku="CHOC").quantity == 100 - 24
        assert stock_is_its_ledger()


def test_other_content_at_the_same_moment_is_a_conflict(committed_cast: Cast) -> None:
    device = till_of(committed_cast.green)
    for _ in range(6):
        one = document()
        other = one | {"lines": [CHOC | {"quantity": "3"}]}
        said = together([lambda told=told: send(device, told)[0].status for told in (one, other)])
        assert sorted(said) == ["conflict", "created"]
    with use_shop(committed_cast.green):
        assert Sale.objects.count() == InboxItem.objects.filter(kind="conflict").count() == 6


def test_hot_products_make_no_deadlock(committed_cast: Cast) -> None:
    """Eight threads sell the same twelve products in every order; counts and receipts come in between."""
    green = committed_cast.green
    with use_shop(green):
        skus = [make_product(sku=f"HOT{number}").sku for number in range(12)]
        count(green, 1000)
    device = till_of(green)
    sales = [
        [
            document(*({"sku": sku, "quantity": "1", "unit_price": "1.00"} for sku in random.sample(skus, 8)))
            for _ in range(25)
        ]
        for _ in range(8)
    ]
    before = deadlocks()

    def sell(batch: list[dict[str, object]]) -> Counter[str]:
        return Counter(outcome.status for outcome in send(device, *batch))

    assert together([lambda batch=batch: sell(batch) for batch in sales]) == [Counter({"created": 25})] * 8
    assert deadlocks() == before
    with use_shop(green):
        assert stock_is_its_ledger()
        sold = StockLevel.objects.filter(product__sku__startswith="HOT").aggregate(sum=Sum("quantity"))["sum"]
        assert sold == 12 * 1000 - 8 * 25 * 8


def test_two_returns_of_the_same_goods_at_once_are_seen(committed_cast: Cast) -> None:
    green = committed_cast.green
    device = till_of(green)
    for _ in range(5):
        sale = document()
        send(device, sale)
        returns = [document(back(sale, 1, "-2")) for _ in range(2)]
        said = together([lambda told=told: send(device, told)[0].warnings for told in returns])
        assert sorted("over_refund" in warnings for warnings in said) == [False, True]


def test_a_return_and_its_sale_at_the_same_moment_are_linked(committed_cast: Cast) -> None:
    """Whichever comes first, priced or not: in the end both are booked and know each other."""
    green = committed_cast.green
    device = till_of(green)
    for number in range(20):
        sale = document(receipt=f"S{number}")
        prices = {"sku": "CHOC", "net": "-2", "tax": "-0.40"} if number % 2 else {}
        taken = document(back(sale, 1, "-1", **prices))
        said = together([lambda told=told: send(device, told)[0].status for told in (taken, sale)])
        assert said[1] == "created" and said[0] in ("created", "parked")
        with use_shop(green):
            assert Sale.objects.get(uuid=taken["id"]).refund_of.uuid == Sale.objects.get(uuid=sale["id"]).uuid
    with use_shop(green):
        assert not InboxItem.objects.open().exists()
        assert Product.objects.count() and Sale.objects.filter(kind="refund").count() == 20


def test_an_unknown_customer_of_many_sales_is_made_once(committed_cast: Cast) -> None:
    green = committed_cast.green
    device = till_of(green)
    ana = {"code": "NEW-1", "name": "Ana"}
    said = together([lambda: send(device, document(customer=ana))[0].status for _ in range(6)])
    assert said == ["created"] * 6
    with use_shop(green):
        made = Customer.objects.get(code="NEW-1")
        assert (made.name, made.needs_review, made.sales.count()) == ("Ana", True, 6)
