"""One row of everything in a shop, for tests that go through every table, URL and page."""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from customers.models import Customer, Review
from insights.decisions.drafts import Draft
from insights.decisions.offering import offer
from insights.models import (
    Brief,
    CalendarEvent,
    DecisionLink,
    Elasticity,
    ForecastSeries,
    LLMCall,
    ModelAccess,
    ModelPolicy,
    ReviewReading,
    Run,
    Suggestion,
)
from inventory import deliveries, orders
from inventory import services as stock
from inventory.models import MinimumStock, Product, PurchaseOrder, PurchaseOrderLine, StockMovement, Supplier
from sales import rollups
from sales.models import Promotion, Sale, Shift
from sales.services import Line, Paid, record_sale
from shop import walls
from shop.models import Branch, Invitation, Job, Membership, Register, Schedule, Shop, User
from shop.roles import Role
from shop.scope import use_shop
from shop.services import invite
from tests.contracts.shelf_advice import Advised, advise
from tests.contracts.shelf_imports import Imported, bring_in
from tests.contracts.shelf_selling import Selling, sell_by_till
from tests.factories import make_member

BY = "alice@shops.example"
UPLOAD = {
    "kind": "sales_lines",
    "name": "till.csv",
    "path": "gone",
    "branch": "",
    "mapping": {"columns": {}, "constants": {}},
}


@dataclass
class Shelf:
    shop: Shop
    product: Product
    sale: Sale
    job: Job
    run: Run
    run_job: Job
    suggestion: Suggestion
    event: CalendarEvent
    order: PurchaseOrder
    order_line: PurchaseOrderLine
    movement: StockMovement
    model_access: ModelAccess
    model_call: LLMCall
    member: Membership
    invitation: Invitation
    selling: Selling
    advised: Advised
    imported: Imported
    people: dict[str, User]


def fill(shop: Shop) -> Shelf:
    """Put a row into every shop-owned table, through the services, and a person into every role."""
    people = {role: make_member(shop=shop, role=role) for role in Role.values}
    extra = make_member(shop=shop, role=Role.CLERK)
    with use_shop(shop), transaction.atomic():
        branch = Branch.objects.order_by("pk").first()
        milk = Product.objects.get(sku="MILK")
        _receive(branch, milk)
        run = _analyse()
        _read_reviews_and_prices(run, branch, milk)
        call = _connect_model(run)
        filled = Shelf(
            shop=shop,
            product=milk,
            sale=(sale := _sell(branch, milk)),
            job=(job := Job.objects.create(kind="import", title="till.csv", payload=UPLOAD, asked_by=BY)),
            run=run,
            run_job=run.job,
            suggestion=(suggestion := _suggest(run, branch, milk)),
            event=_expect(run, branch, milk),
            order=(order := _order(branch, milk)),
            order_line=order.lines.get(),
            movement=StockMovement.objects.get(source=f"delivery:{shop.slug}"),
            model_access=call.access,
            model_call=call,
            member=Membership.objects.get(shop=shop, user=extra),
            invitation=_invite(shop, people[Role.OWNER]),
            selling=sell_by_till(milk, sale),
            advised=advise(milk, suggestion),
            imported=bring_in(milk, job),
            people=people,
        )
        _schedule()
        rollups.refresh()
        rollups.mark_dirty([(branch.pk, dt.date(2020, 1, 1))])
        empty = [model._meta.label for model in walls.shop_owned_models() if not model.objects.exists()]
        assert empty == [], "the shelf has a row of every table; put one of the new table here"
    return filled


def _invite(shop: Shop, by: User) -> Invitation:
    invite(shop=shop, email=f"friend@{shop.slug}.example", role=Role.CLERK, by=by)
    return Invitation.objects.get(shop=shop)


def _analyse() -> Run:
    """A run that has ended, with the words a person finds on its page."""
    job = Job.objects.create(kind="analysis", title="Forecast", payload={"analysis": "forecast"}, asked_by=BY)
    return Run.objects.create(  # type: ignore[no-any-return]
        analysis="forecast", job=job, status="done", as_of_date=dt.date(2026, 11, 1), ended_at=dt.datetime.now(dt.UTC)
    )


def _read_reviews_and_prices(run: Run, branch: Branch, product: Product) -> None:
    day = dt.date(2026, 11, 1)
    review = Review.objects.create(
        code="R-1", product=product, branch=branch, author="Ann Author", rating=5, text="Always fresh.", written_on=day
    )
    ReviewReading.objects.create(
        review=review, run=run, label="positive", score=Decimal("0.8"), language="en", provider="local", text_hash="0"
    )
    prices = Run.objects.create(analysis="pricing", status="done", as_of_date=day, ended_at=dt.datetime.now(dt.UTC))
    Elasticity.objects.create(run=prices, product=product, value=-1.5, low80=-2.0, high80=-1.0, observations=104)
    Promotion.objects.create(product=product, first_date=day, last_date=day, share_off=Decimal("0.2"))


def _connect_model(run: Run) -> LLMCall:
    """A model without a price, so that testing it asks nobody, and a call it answered."""
    ModelPolicy.objects.create(monthly_limit=Decimal(5))
    access = ModelAccess.objects.create(kind="gemini", name="Gemini", model="gemini-2.5-flash", secret="sealed")
    return LLMCall.objects.create(  # type: ignore[no-any-return]
        purpose="forecast", access=access, provider="gemini", model=access.model, input_hash="0", outcome="ok",
        run_key=f"run:{run.pk}", sent={"system": "Put into words.", "user": "{}"},
        answer='{"sentence": "Plain words."}',
    )  # fmt: skip


def _suggest(run: Run, branch: Branch, product: Product) -> Suggestion:
    offer(
        run,
        ["reorder"],
        [
            Draft(
                kind="reorder",
                key=f"reorder:{branch.pk}:{product.pk}",
                title=f"Order 12 {product.name}",
                branch=branch.pk,
                product=product.pk,
                supplier=product.supplier_id,
                quantity=Decimal(12),
                outlay=Decimal("13.20"),
            )
        ],
    )
    return Suggestion.objects.get(run=run)  # type: ignore[no-any-return]


def _schedule() -> None:
    """A shop is made with its schedules; this one is for a build that registers no work."""
    if not Schedule.objects.exists():
        Schedule.objects.create(kind="nightly", at=dt.time(2))


def _expect(run: Run, branch: Branch, product: Product) -> CalendarEvent:
    """What is expected, an event somebody told of, and a morning's mail with its link."""
    numbers = {name: [2.0] * 28 for name in ("mean", "low50", "high50", "low80", "high80")}
    ForecastSeries.objects.create(
        run=run, branch=branch, product=product, category=product.category, first_date=dt.date(2026, 11, 2),
        model="theta", wape=0.2, naive_wape=0.3, bias=0.01, coverage=0.8, **numbers,
    )  # fmt: skip
    asked = Suggestion.objects.get(run=run)
    DecisionLink.objects.create(
        suggestion=asked, email=BY, quantity=asked.quantity, outlay=asked.outlay, expires_at=dt.datetime.now(dt.UTC)
    )
    Brief.objects.create(brief_date=dt.date(2026, 11, 2), email=BY, subject="Good morning", text="One decision waits.")
    day = dt.date(2026, 12, 5)
    event: CalendarEvent = CalendarEvent.objects.create(name="Street fair", first_date=day, last_date=day)
    return event


def _receive(branch: Branch, product: Product) -> None:
    stock.receive(
        branch=branch,
        product=product,
        quantity=Decimal(12),
        cost=Decimal("1.10"),
        lot="L1",
        best_before=dt.date(2027, 1, 1),
        supplier=Supplier.objects.first(),
        note="delivery note",
        by=BY,
    )


def _order(branch: Branch, product: Product) -> PurchaseOrder:
    """An order on the way, of which a part came."""
    supplier = Supplier.objects.get()
    line = orders.add_line(branch=branch, supplier=supplier, product=product, quantity=Decimal(24), by=BY)
    orders.approve(order=line.order, by=BY)
    deliveries.receive_line(line=line, quantity=Decimal(6), by=BY, source=f"delivery:{branch.shop.slug}")
    MinimumStock.objects.create(branch=branch, product=product, quantity=Decimal(4))
    order: PurchaseOrder = PurchaseOrder.objects.get(pk=line.order_id)
    return order


def _sell(branch: Branch, product: Product) -> Sale:
    register = Register.objects.first()
    now = dt.datetime.now(dt.UTC)
    Shift.objects.create(register=register, opened_at=now - dt.timedelta(hours=3), cashier="Sam")
    return record_sale(
        uuid=uuid.uuid4(),
        branch=branch,
        register=register,
        customer=Customer.objects.first(),
        cashier="Sam",
        receipt="R-1",
        lines=[
            Line(product=product, quantity=Decimal(2)),
            Line(quantity=Decimal(1), unit_price=Decimal(3), name="Loose"),
        ],
        payments=[Paid("cash", Decimal("5.90"))],
        sold_at=now - dt.timedelta(days=1),
        source="api",
        by=BY,
    )
