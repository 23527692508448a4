"""Roll-ups: sums of sale lines at three grains, rebuilt from the lines, never edited. See `sales.rollups`."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models
from django.db.models import Sum

from inventory.models import Category, Product
from sales.models.selling import MONEY
from shop.models import Branch
from shop.periods import Period
from shop.tenancy import ShopForeignKey, ShopManager, ShopOwned, ShopQuerySet

# What every grain sums. The hours also know baskets, which a product or category alone cannot.
AMOUNTS = ("net", "tax", "discount", "units", "costed_net", "cost", "costed_lines", "lines")
HOUR_AMOUNTS = (*AMOUNTS, "baskets", "basket_net")


class DayQuerySet(ShopQuerySet):
    def within(self, period: Period) -> "DayQuerySet":
        """Rows of the period's business dates."""
        return self.filter(business_date__range=(period.first, period.last))


class RollupQuerySet(DayQuerySet):
    def at_branch(self, branch: int | None) -> "RollupQuerySet":
        """Rows of one branch; of all for None."""
        return self if branch is None else self.filter(branch_id=branch)

    def summed(self, by: Sequence[str], amounts: Sequence[str] = AMOUNTS) -> Any:
        """One row of summed amounts (`sum_net`, ...) for each value of `by`; none where there are no rows."""
        return self.order_by().values(*by).annotate(**{f"sum_{name}": Sum(name) for name in amounts})


class DirtyDay(ShopOwned):
    """A mark that a branch's day has changed since its roll-ups were made.

    Marks are only added, one per writing, so writers never wait for each other; `refresh` deletes those it saw.
    """

    keeps_history = False

    branch = ShopForeignKey(Branch, related_name="+", db_index=False)
    business_date = models.DateField()

    objects: ClassVar[Any] = ShopManager.from_queryset(DayQuerySet)()


class Rollup(ShopOwned):
    """The sums that every grain keeps. `costed_net` is the net of the lines whose `cost` is known.

    Links carry no index of their own: the unique key serves every read, and an import writes many rows.
    """

    keeps_history = False
    wall_key = ()

    branch = ShopForeignKey(Branch, related_name="+", db_index=False)
    business_date = models.DateField()
    net = models.DecimalField(**MONEY)
    tax = models.DecimalField(**MONEY)
    discount = models.DecimalField(**MONEY)
    units = models.DecimalField(max_digits=14, decimal_places=3)
    costed_net = models.DecimalField(**MONEY)
    cost = models.DecimalField(**MONEY)
    costed_lines = models.IntegerField()
    lines = models.IntegerField()

    objects: ClassVar[Any] = ShopManager.from_queryset(RollupQuerySet)()

    class Meta(ShopOwned.Meta):
        abstract = True


def _one_row_per(name: str, *grain: str) -> models.UniqueConstraint:
    fields = ["shop", "business_date", "branch", *grain]
    return models.UniqueConstraint(fields=fields, name=name, nulls_distinct=False)


class ProductDay(Rollup):
    """A product's day at a branch. `product` is empty for lines not matched to a product."""

    product = ShopForeignKey(Product, null=True, related_name="+", db_index=False)

    class Meta(Rollup.Meta):
        constraints = [_one_row_per("product_day_once", "product")]
        indexes = [models.Index(fields=["shop", "product", "business_date"], name="product_day_by_product")]


class CategoryDay(Rollup):
    """A category's day at a branch, by the category its products have now."""

    category = ShopForeignKey(Category, null=True, related_name="+", db_index=False)

    class Meta(Rollup.Meta):
        constraints = [_one_row_per("category_day_once", "category")]


class BranchHour(Rollup):
    """A branch's hour of a day (local wall clock). `hour` is empty for day summaries, which have no time.

    `baskets` counts sales, not refunds nor summaries; `basket_net` is the net of those baskets.
    """

    hour = models.PositiveSmallIntegerField(null=True)
    baskets = models.IntegerField()
    basket_net = models.DecimalField(**MONEY)

    class Meta(Rollup.Meta):
        constraints = [_one_row_per("branch_hour_once", "hour")]
