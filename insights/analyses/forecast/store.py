"""Writes a run's series: products, categories at a branch, branches and the shop, in one go.

Whole rows of fixed width go to a temporary table by binary COPY, since COPY may not write behind row-level
security, and from there into the table by one INSERT. Amounts keep four decimals and totals are sums of those kept,
so that they add up exactly.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from insights.models import ForecastSeries, Run

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

BANDS = ("mean", "low50", "high50", "low80", "high80")
SCORES = ("wape", "naive_wape", "bias", "coverage")
LINKS = ("branch", "product", "category")
DECIMALS = 4
KEEP_TOTALS, KEEP_PRODUCTS = 8, 2  # runs, the one shown among them
_ROWS_AT_ONCE = 2_000
_FLOAT8 = 701  # PostgreSQL's number of the type


@dataclass(frozen=True, slots=True)
class Rows:
    """Series to store, a row each: ids (0: none), the days' bands by name, scores by name (NaN: unknown)."""

    branch: Ids
    product: Ids
    category: Ids
    model: list[str]
    step: int
    bands: dict[str, Floats]
    scores: dict[str, Floats]

    def __len__(self) -> int:
        return int(self.branch.size)


def rounded(amounts: Floats) -> Floats:
    """As they are kept."""
    return np.round(amounts, DECIMALS)


def whole(amounts: Floats) -> NDArray[np.int64]:
    """Kept amounts as whole numbers of their last decimal, whose sums are exact."""
    return np.asarray(np.rint(amounts * 10**DECIMALS), dtype=np.int64)


def as_amounts(numbers: NDArray[np.int64]) -> Floats:
    return np.asarray(numbers / 10**DECIMALS, dtype=np.float64)


@transaction.atomic
def write(run: Run, first: dt.date, *parts: Rows) -> None:
    """Make these the run's series, in place of any it has, and let the series of old runs go."""
    ForecastSeries.objects.filter(run=run).delete()
    for rows in parts:
        if len(rows):
            _copy_in(run, first, rows)
    prune(run)


def prune(run: Run) -> None:
    """Let go of series nobody looks at: products of all but the newest two runs, totals of all but the newest eight."""
    done = Run.objects.done().filter(analysis=run.analysis).exclude(pk=run.pk).order_by("-ended_at", "-id")
    newest = [run.pk, *done.values_list("pk", flat=True)[: KEEP_TOTALS - 1]]
    of_analysis = ForecastSeries.objects.filter(run__analysis=run.analysis)
    of_analysis.exclude(run_id__in=newest).delete()
    of_analysis.products().exclude(run_id__in=newest[:KEEP_PRODUCTS]).delete()


def _copy_in(run: Run, first: dt.date, rows: Rows) -> None:
    names = sorted(set(rows.model))
    with connection.cursor() as cursor:
        cursor.execute(_TEMPORARY)
        columns = ", ".join([*_WHOLE, *BANDS, *SCORES])
        with cursor.copy(f"copy forecast_rows ({columns}) from stdin (format binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                copy.write(_packed(rows, names, slice(start, start + _ROWS_AT_ONCE)))
            copy.write(b"\xff\xff")
        values: dict[str, Any] = {"shop": run.shop_id, "run": run.pk, "first": first, "step": rows.step}
        cursor.execute(_INSERT, values | {"models": names})
        cursor.execute("drop table forecast_rows")


def _packed(rows: Rows, names: list[str], part: slice) -> bytes:
    """Rows as COPY's binary form has them: before each value its length, before each array its shape."""
    days = rows.bands["mean"].shape[1]
    made = np.zeros(rows.branch[part].size, dtype=_layout(days))
    made["fields"] = len(_WHOLE) + len(BANDS) + len(SCORES)
    place = {name: number for number, name in enumerate(names)}
    singles: dict[str, Any] = {name: getattr(rows, name)[part] for name in LINKS}
    singles |= {"model": [place[name] for name in rows.model[part]]}
    singles |= {name: rows.scores[name][part] for name in SCORES}
    for name, values in singles.items():
        made[name]["bytes"], made[name]["value"] = 8, values
    for name in BANDS:
        made[name]["bytes"] = 20 + days * _ITEM.itemsize
        made[name]["shape"] = (1, 0, _FLOAT8, days, 1)  # dimensions, nulls, type, how many, from which number on
        made[name]["items"]["bytes"], made[name]["items"]["value"] = 8, rows.bands[name][part]
    return made.tobytes()


_WHOLE = (*LINKS, "model")
_ITEM = np.dtype([("bytes", ">i4"), ("value", ">f8")])


def _layout(days: int) -> np.dtype[np.void]:
    whole = np.dtype([("bytes", ">i4"), ("value", ">i8")])
    array = np.dtype([("bytes", ">i4"), ("shape", ">i4", (5,)), ("items", _ITEM, (days,))])
    columns = [(_WHOLE, whole), (BANDS, array), (SCORES, _ITEM)]
    return np.dtype([("fields", ">i2"), *((name, kind) for names, kind in columns for name in names)])


_TEMPORARY = f"""
create temp table forecast_rows ({", ".join(f"{name} bigint" for name in _WHOLE)},
    {", ".join(f"{name} float8[]" for name in BANDS)}, {", ".join(f"{name} float8" for name in SCORES)})
on commit drop
"""
_INSERT = f"""
insert into insights_forecastseries (shop_id, run_id, branch_id, product_id, category_id, first_date, step, model,
    {", ".join(BANDS)}, {", ".join(SCORES)})
select %(shop)s, %(run)s, {", ".join(f"nullif({name}, 0)" for name in LINKS)}, %(first)s, %(step)s,
    (%(models)s::text[])[model + 1], {", ".join(BANDS)}, {", ".join(f"nullif({name}, 'NaN')" for name in SCORES)}
from forecast_rows
"""
