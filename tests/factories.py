"""Makes test data through the services, so that no impossible state appears in a test."""

import datetime as dt
import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.test import Client

from customers.models import Customer
from inventory.models import Barcode, Category, Product, Supplier, TaxRate
from shop import devices
from shop.models import Branch, Membership, Register, Shop, User
from shop.roles import Role
from shop.services import create_shop
from shop.tenancy import use_shop

_number = itertools.count(1)
PASSWORD = "correct horse battery"


@dataclass
class Cast:
    """Green Grocer, its people by role, and Rival Market with its owner."""

    green: Shop
    rival: Shop
    alice: User
    bob: User
    charlie: User

    def client(self, user: User | None = None) -> Client:
        """A browser signed in as this user (default: Alice, who owns Green Grocer)."""
        client = Client()
        client.force_login(user or self.alice)
        return client


def make_user(*, email: str = "", name: str = "") -> User:
    email = email or f"person{next(_number)}@shops.example"
    return User.objects.create_user(email, PASSWORD, name=name or email.split("@")[0].capitalize())


def make_member(*, shop: Shop, role: str, email: str = "") -> User:
    user = make_user(email=email)
    Membership.objects.create(shop=shop, user=user, role=role)
    return user


def make_cast() -> Cast:
    alice, bob, charlie = (make_user(email=f"{name}@shops.example") for name in ("alice", "bob", "charlie"))
    green = create_shop(slug="green", name="Green Grocer", owner=alice, branches=["High Street", "Station"])
    Membership.objects.create(shop=green, user=bob, role=Role.CASHIER)
    rival = create_shop(slug="rival", name="Rival Market", owner=charlie, branches=["Market Square"])
    for shop in (green, rival):
        with use_shop(shop):
            stock_shelves(shop)
    return Cast(green, rival, alice, bob, charlie)


def stock_shelves(shop: Shop) -> None:
    """A little of everything in the chosen shop."""
    dairy = Category.objects.create(name="Dairy")
    standard = TaxRate.objects.create(name="Standard", rate=Decimal("0.2"))
    zero = TaxRate.objects.create(name="Zero", rate=Decimal(0))
    farm = Supplier.objects.create(name=f"{shop.name} Farm")
    for sku, name, price, cost, rate in (
        ("MILK", f"{shop.name} milk 2 L", "1.45", "1.10", zero),
        ("CHOC", f"{shop.name} chocolate", "2.40", "1.20", standard),
        ("APPLE", f"{shop.name} apples", "1.80", None, zero),
    ):
        product = make_product(sku=sku, name=name, price=price, cost=cost, category=dairy, supplier=farm, tax_rate=rate)
        Barcode.objects.create(product=product, code=f"50{product.pk:011d}")
    branch = Branch.objects.order_by("id").first()
    Register.objects.create(branch=branch, name="Till 1")
    Customer.objects.create(code="C1", name=f"{shop.name} regular", email=f"regular@{shop.slug}.example")


def make_product(
    *, sku: str = "", name: str = "", price: str = "1.00", cost: str | None = "0.60", **fields: Any
) -> Product:
    sku = sku or f"SKU{next(_number)}"
    made: Product = Product.objects.create(
        sku=sku, name=name or f"Product {sku}", price=Decimal(price), cost=Decimal(cost) if cost else None, **fields
    )
    return made


def at(text: str) -> dt.datetime:
    """A UTC moment from 2026-03-01T10:00."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def make_till(shop: Shop, name: str = "Front") -> tuple[devices.Till, str]:
    """A device of this shop's first register, and its key."""
    with use_shop(shop):
        key = devices.connect(Register.objects.select_related("branch").order_by("id").first(), name)
    return devices.till_of(key), key


def till_client(key: str) -> Client:
    """A till that calls the API with this key."""
    return Client(headers={"Authorization": f"Bearer {key}"})
