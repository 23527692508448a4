"""Orders: one draft a supplier, approved once; what is refused, and what repeating does not do."""

import datetime as dt
from decimal import Decimal

import pytest

from inventory import deliveries, orders
from inventory.models import (
    DeliveryLine,
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    StockLevel,
    StockMovement,
    Supplier,
)
from inventory.orders import BelowMinimum, OrderRefused
from inventory.services import StockRefused
from shop.models import Branch, Job
from shop.tenancy import use_shop

BY = "alice@shops.example"
# A Wednesday, winter: 09:00 in London.
NOW = dt.datetime(2026, 11, 18, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def green(cast):
    cast.green.zone, cast.green.currency = "Europe/London", "GBP"
    cast.green.save()
    with use_shop(cast.green):
        farm = Supplier.objects.get()
        farm.lead_time_days, farm.delivery_weekdays, farm.order_by = 1, "024", dt.time(11)
        farm.email = "orders@farm.example"
        farm.save()
        yield cast.green


@pytest.fixture
def branch(green):
    return Branch.objects.order_by("id").first()


@pytest.fixture
def milk(green):
    product = Product.objects.get(sku="MILK")
    product.pack_size = 6
    product.save()
    return product


def add(branch, product, quantity=12, source="hand:1", now=NOW):
    return orders.add_line(
        branch=branch, supplier=product.supplier, product=product, quantity=Decimal(quantity), by=BY, source=source,
        now=now,
    )  # fmt: skip


def approved(branch, product, quantity=12):
    return orders.approve(order=add(branch, product, quantity).order, by=BY, now=NOW)


def stock(branch, product):
    level = StockLevel.objects.filter(branch=branch, product=product).first()
    ledger = sum(row.quantity for row in StockMovement.objects.filter(branch=branch, product=product))
    assert (level.quantity if level else 0) == ledger
    return ledger


def test_the_first_line_opens_a_draft_with_number_day_and_cut_off(branch, milk):
    line = add(branch, milk)
    order = line.order
    assert (order.number, order.state, order.expected_on) == (1, "draft", dt.date(2026, 11, 20))
    assert order.cutoff_at == dt.datetime(2026, 11, 19, 11, tzinfo=dt.UTC)
    assert (line.pack_size, line.unit_cost) == (6, Decimal("1.10"))


def test_a_second_line_goes_on_the_same_draft_and_another_branch_has_its_own(branch, milk):
    first, second = add(branch, milk), add(branch, Product.objects.get(sku="CHOC"), source="hand:2")
    other = add(Branch.objects.order_by("id").last(), milk, source="hand:3")
    assert first.order == second.order != other.order
    assert other.order.number == 2


def test_adding_the_same_source_twice_adds_once_and_another_adds_up(branch, milk):
    add(branch, milk)
    assert add(branch, milk).quantity == 12
    assert add(branch, milk, 6, source="hand:2").quantity == 18
    assert PurchaseOrderLine.objects.count() == 1


def test_a_source_is_taken_off_again_once(branch, milk):
    line = add(branch, milk)
    add(branch, milk, 6, source="hand:2")
    for _ in range(2):
        orders.take_off(line=line.pk, source="hand:1")
    assert PurchaseOrderLine.objects.get().quantity == 6
    orders.take_off(line=line.pk, source="hand:2")
    assert not PurchaseOrderLine.objects.exists()


def test_nothing_is_taken_off_an_approved_order(branch, milk):
    line = add(branch, milk)
    orders.approve(order=line.order, by=BY)
    with pytest.raises(OrderRefused, match="approved already"):
        orders.take_off(line=line.pk, source="hand:1")


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0001", "1000001"])
def test_a_quantity_that_is_none_is_refused(branch, milk, quantity):
    with pytest.raises(OrderRefused):
        add(branch, milk, quantity)
    assert not PurchaseOrder.objects.exists()


def test_lines_of_a_draft_change_and_those_of_an_approved_order_do_not(branch, milk):
    line = add(branch, milk)
    assert orders.change_line(line=line, quantity=Decimal(18)).quantity == 18
    orders.approve(order=line.order, by=BY)
    with pytest.raises(OrderRefused, match="approved already"):
        orders.change_line(line=line, quantity=Decimal(24))
    assert PurchaseOrderLine.objects.get().quantity == 18


def test_approving_twice_approves_and_mails_once(branch, milk):
    order = add(branch, milk).order
    for _ in range(2):
        order = orders.approve(order=order, by=BY, now=NOW)
    assert (order.state, order.mail, order.approved_by) == ("approved", "waiting", BY)
    assert Job.objects.filter(kind="order_mail").count() == 1


def test_an_order_for_a_supplier_without_address_asks_for_no_mail(branch, milk):
    Supplier.objects.update(email="")
    order = approved(branch, milk)
    assert (order.state, order.mail) == ("approved", "")
    assert not Job.objects.filter(kind="order_mail").exists()
    with pytest.raises(OrderRefused, match="no email address"):
        orders.mail_again(order=order, by=BY)
    assert orders.mark_sent(order=order).mail == "sent"


def test_an_approved_order_is_dated_by_its_approval_not_by_its_first_line(branch, milk):
    order = add(branch, milk).order
    late = NOW + dt.timedelta(days=1, hours=3)  # Thursday noon: the cut-off for Friday has passed
    order = orders.approve(order=order, by=BY, now=late)
    assert order.expected_on == dt.date(2026, 11, 23)


def test_an_order_below_the_suppliers_minimum_waits_for_a_tick(branch, milk):
    Supplier.objects.update(minimum_order=Decimal(60))
    order = add(branch, milk).order
    with pytest.raises(BelowMinimum, match="£60.00; this order is worth £13.20"):
        orders.approve(order=order, by=BY)
    assert orders.approve(order=order, by=BY, below_minimum=True).state == "approved"


def test_an_empty_order_is_not_approved(branch, milk):
    line = add(branch, milk)
    orders.remove_line(line=line)
    with pytest.raises(OrderRefused, match="nothing on this order"):
        orders.approve(order=line.order, by=BY)


def test_after_approval_the_next_line_opens_a_new_draft(branch, milk):
    order = approved(branch, milk)
    assert add(branch, milk, source="hand:9").order.number == order.number + 1


def test_a_cancelled_order_is_gone_for_good_but_not_one_that_has_come(branch, milk):
    order = approved(branch, milk)
    assert orders.cancel(order=order).state == orders.cancel(order=order).state == "cancelled"
    with pytest.raises(OrderRefused, match="cancelled"):
        deliveries.receive_line(line=order.lines.get(), quantity=Decimal(1), by=BY)
    other = orders.approve(order=add(branch, milk, source="hand:2").order, by=BY)
    deliveries.receive_line(line=other.lines.get(), quantity=Decimal(1), by=BY)
    with pytest.raises(OrderRefused, match="Close the lines"):
        orders.cancel(order=other)


def test_a_delivery_comes_in_parts_and_ends_the_order(branch, milk):
    order = approved(branch, milk)
    line = order.lines.get()
    half = deliveries.receive_line(line=line, quantity=Decimal(6), by=BY, source="phone:1")
    order.refresh_from_db()
    assert (order.state, stock(branch, milk), half.over, half.cost) == ("part", 6, 0, Decimal("1.10"))
    deliveries.receive_line(line=line, quantity=Decimal(6), by=BY, source="phone:2", lot="L7")
    order.refresh_from_db()
    assert (order.state, stock(branch, milk)) == ("received", 12)


def test_receiving_the_same_twice_receives_once(branch, milk):
    line = approved(branch, milk).lines.get()
    one, two = (deliveries.receive_line(line=line, quantity=Decimal(6), by=BY, source="phone:1") for _ in range(2))
    assert one.delivery == two.delivery
    assert stock(branch, milk) == 6


def test_more_than_ordered_is_taken_in_and_said(branch, milk):
    line = approved(branch, milk).lines.get()
    assert deliveries.receive_line(line=line, quantity=Decimal(15), by=BY).over == 3
    assert stock(branch, milk) == 15


def test_another_product_may_come_in_its_place(branch, milk):
    choc = Product.objects.get(sku="CHOC")
    order = approved(branch, milk)
    got = deliveries.receive_line(line=order.lines.get(), quantity=Decimal(12), product=choc, by=BY)
    order.refresh_from_db()
    assert (order.state, stock(branch, choc), stock(branch, milk)) == ("received", 12, 0)
    assert got.cost == Decimal("1.20") and not got.cost_changed


def test_a_changed_cost_is_said_and_may_become_the_products(branch, milk):
    line = approved(branch, milk).lines.get()
    got = deliveries.receive_line(line=line, quantity=Decimal(6), cost=Decimal("1.25"), by=BY)
    assert got.cost_changed
    assert (got.ordered_cost, got.cost) == (Decimal("1.10"), Decimal("1.25"))
    assert deliveries.take_cost(delivery=got.delivery, by=BY).cost == Decimal("1.25")
    newest = milk.price_changes.order_by("-id").first()
    assert (newest.cost, newest.reason) == (Decimal("1.25"), f"{line.order}: cost of the delivery")


def test_undoing_a_receipt_takes_stock_lot_and_line_back_once(branch, milk):
    order = approved(branch, milk)
    line = order.lines.get()
    got = deliveries.receive_line(line=line, quantity=Decimal(12), by=BY, lot="L1")
    for _ in range(2):
        deliveries.undo_delivery(delivery=got.delivery, by=BY)
    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.state, line.received, stock(branch, milk)) == ("approved", 0, 0)
    assert milk.lots.get().quantity == 0
    assert DeliveryLine.objects.get().undone_at is not None


def test_a_draft_is_not_received_nor_a_quantity_that_is_none(branch, milk):
    line = add(branch, milk)
    with pytest.raises(OrderRefused, match="not approved yet"):
        deliveries.receive_line(line=line, quantity=Decimal(1), by=BY)
    orders.approve(order=line.order, by=BY)
    with pytest.raises(StockRefused):
        deliveries.receive_line(line=line, quantity=Decimal(0), by=BY)
    assert stock(branch, milk) == 0


def test_a_closed_line_ends_the_order_and_opens_again(branch, milk):
    order = approved(branch, milk)
    line = order.lines.get()
    deliveries.receive_line(line=line, quantity=Decimal(6), by=BY)
    deliveries.close_line(line=line)
    order.refresh_from_db()
    assert order.state == "received"
    deliveries.close_line(line=line, closed=False)
    order.refresh_from_db()
    assert order.state == "part"


def test_a_rival_sees_nothing_of_it(cast, branch, milk):
    order = approved(branch, milk)
    with use_shop(cast.rival):
        assert not PurchaseOrder.objects.exists()
        with pytest.raises(PurchaseOrder.DoesNotExist):
            orders.locked(order.pk)
        rival = Product.objects.get(sku="MILK")
        line = add(Branch.objects.first(), rival)
        assert line.order.number == 1
