"""A product and a receipt say which file and line they came with; only those who may import get a link."""

from typing import Any

from insights.models import Elasticity, Run, Suggestion
from inventory.models import Product
from sales.models import Sale
from shop.roles import Role
from shop.tenancy import use_shop
from tests.factories import Cast, make_member
from tests.insights.deciding import suggest
from tests.insights.tills import YESTERDAY
from tests.kept_imports import kept, take_back

SALES = "receipt,time,product,quantity,total\n7,2026-03-02T10:00,MILK,2,2.40\n7,2026-03-02T10:00,RYE,1,3.00\n"


def text(cast: Cast, path: str, **more: Any) -> str:
    response = cast.client(**more).get(f"/s/green/{path}")
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_product_and_a_receipt_lead_to_their_import(cast: Cast) -> None:
    with use_shop(cast.green):
        imported = kept("sales_lines", SALES)
        rye, sale = Product.objects.get(sku="RYE"), Sale.objects.get(imported=imported)
    link = f'<a class="link sub" href="/s/green/imports/{imported.pk}/">Came with import {imported.pk}, line'
    assert f"{link} 3 of till.csv</a>" in text(cast, f"products/{rye.pk}/?tab=history")
    assert f"{link}s 2 to 3 of till.csv</a>" in text(cast, f"sales/receipts/{sale.pk}/")
    with use_shop(cast.green):
        take_back(imported)
    assert "lines 2 to 3 of till.csv, taken back since" in text(cast, f"sales/receipts/{sale.pk}/")


def test_who_may_not_import_is_told_without_a_link(cast: Cast) -> None:
    with use_shop(cast.green):
        imported = kept("sales_lines", SALES)
        sale = Sale.objects.get(imported=imported)
    analyst = make_member(shop=cast.green, role=Role.ANALYST)
    html = text(cast, f"sales/receipts/{sale.pk}/", user=analyst)
    assert f"Came with import {imported.pk}, lines 2 to 3 of till.csv" in html
    assert f"imports/{imported.pk}/" not in html


def test_what_analyses_made_of_imported_goods_goes_with_them(cast: Cast) -> None:
    with use_shop(cast.green):
        imported = kept("products", "sku,name\nRYE,Rye bread\nSPELT,Spelt bread\n")
        rye, spelt = Product.objects.get(sku="RYE"), Product.objects.get(sku="SPELT")
        run = Run.objects.create(analysis="pricing", status="done", as_of_date=YESTERDAY)
        for product in (rye, spelt):
            Elasticity.objects.create(run=run, product=product, value=-1.5, low80=-2, high80=-1, observations=9)
        suggest(cast.green, "a", sku="RYE")
        Suggestion.objects.filter(pk=suggest(cast.green, "b", sku="SPELT").pk).update(state="accepted")
        done = take_back(imported)
        assert [(one.name, one.why) for one in done.kept] == [("Spelt bread", "used by suggestions")]
        assert not Product.objects.filter(sku="RYE").exists()
        assert list(Elasticity.objects.filter(run=run).values_list("product", flat=True)) == [spelt.pk]
