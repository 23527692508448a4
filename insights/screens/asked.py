"""What a reader asked of Sales, read from the address, and addresses that ask for something else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from insights import periods
from insights.periods import Choice
from insights.screens.figures import allowed
from sales.measures import Measure
from shop.models import Branch
from shop.periods import Period

TILES = ("net_sales", "gross_margin", "baskets", "basket_value", "discounts", "units", "tax")
NO_CATEGORY = "none"
SORTS = ("net", "name", "units", "discount", "margin", "change")


@dataclass(frozen=True, slots=True)
class Asked:
    """The choices behind a Sales page. `problems` are sentences about what was asked and could not be shown."""

    choice: Choice
    measures: tuple[Measure, ...]
    picked: Measure
    branches: tuple[Branch, ...]
    branch: Branch | None = None
    by: str = "category"
    category: str = ""
    sort: str = ""
    page: str = "1"
    problems: tuple[str, ...] = ()

    @property
    def branch_id(self) -> int | None:
        return self.branch.pk if self.branch else None

    def parameters(self) -> dict[str, str]:
        said = self.choice.parameters()
        said["measure"] = "" if self.picked is self.measures[0] else self.picked.key
        said["branch"] = str(self.branch.pk) if self.branch else ""
        said["by"] = "" if self.by == "category" else self.by
        said |= {"category": self.category, "sort": self.sort}
        return {name: value for name, value in said.items() if value}

    def url(self, **changes: str) -> str:
        """This page's address with some choices changed; an empty value takes one out."""
        return _address("insights:sales", self.parameters() | changes)

    def url_of_period(self, period: Period) -> str:
        return self.url(period="custom", **periods.dates(period))

    def lines_url(self, period: Period | None = None, **filters: str | int | None) -> str:
        """The list of lines behind a number of this page."""
        said = periods.dates(period or self.choice.counted) | {"branch": str(self.branch_id or "")}
        return _address("insights:line_list", said | {key: str(v) for key, v in filters.items() if v is not None})


def _address(name: str, said: Mapping[str, str]) -> str:
    query = urlencode({key: value for key, value in said.items() if value})
    return reverse(name) + (f"?{query}" if query else "")


def read(given: Mapping[str, str], today: dt.date, role: str) -> Asked:
    """Read an address. What is unknown, foreign or not allowed falls back to the default, with a sentence."""
    choice = periods.read(given, today)
    problems = [choice.problem] if choice.problem else []
    measures, branches = tuple(allowed(TILES, role)), tuple(Branch.objects.order_by("name"))
    picked = {m.key: m for m in measures}.get(given.get("measure", "") or measures[0].key)
    if picked is None:
        problems.append(f"That number is not known here, so this shows {measures[0].name.lower()}.")
    return Asked(
        choice=choice,
        measures=measures,
        picked=picked or measures[0],
        branches=branches,
        branch=branch_in(given, branches, problems),
        by="product" if given.get("by") == "product" else "category",
        category=_category(given.get("category", "")),
        sort=_sort(given.get("sort", "")),
        page=given.get("page", "1"),
        problems=tuple(problems),
    )


def branch_in(given: Mapping[str, str], branches: tuple[Branch, ...], problems: list[str]) -> Branch | None:
    """The branch asked for. Another shop's is as unknown as one that never was."""
    value = given.get("branch", "")
    found = next((branch for branch in branches if str(branch.pk) == value), None)
    if value and found is None:
        problems.append("That branch is not known, so this shows all branches.")
    return found


def _category(value: str) -> str:
    return value if value == NO_CATEGORY or (value.isascii() and value.isdigit() and len(value) < 18) else ""


def _sort(value: str) -> str:
    return value if value.removeprefix("-") in SORTS else ""
