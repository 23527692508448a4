"""Barcodes that files name: a UPC is an EAN is a GTIN, and the last digit shows a slip of the pen."""

from __future__ import annotations

from shop.imports.staging import Batch

_PLACES = range(1, 15)
# Printed in the shop itself: their last digit may be anything.
_OWN = r"^0*(2|02|04)"


def good_check_digit(code: str) -> str:
    """SQL: whether the last of a code's digits is what the others make it; false for what are no digits."""
    padded = f"lpad({code}, 14, '0')"
    total = " + ".join(f"{3 if place % 2 else 1} * substr({padded}, {place}, 1)::int" for place in _PLACES)
    return rf"case when {code} ~ '^\d{{7,14}}$' then ({total}) % 10 = 0 else false end"


def find_in_other_lengths(batch: Batch) -> int:
    """Fill in products of `import_products` whose barcode the shop has with more or fewer zeros before it.

    Only codes with a right check digit, and only where one product alone has the number. Returns how many.
    """
    if not batch.one("barcodes", _UNKNOWN)[0]:
        return 0
    found = batch.run("barcodes", _FIND)
    if found:
        codes = "1 code was" if found == 1 else f"{found:,} codes were"
        batch.notes.append(f"{codes} found as a barcode with more or fewer zeros before it.")
    return found


def note_wrong_check_digits(batch: Batch) -> None:
    """Say which of `import_barcodes` have a wrong check digit. They are kept as they are written."""
    count, code = batch.one("barcodes", _WRONG)
    if count:
        has = "1 barcode has" if count == 1 else f"{count:,} barcodes have"
        batch.notes.append(f"{has} a wrong last digit, such as {code}. They are kept as written; look at the goods.")


_UNKNOWN = r"select exists (select from import_products where id is null and code ~ '^\d{7,14}$')"
_FIND = rf"""
update import_products n set id = f.id, name = f.name, rate = t.rate, cost = f.cost, is_new = false
from (
    select ltrim(code, '0') as number, min(product_id) as product_id from inventory_barcode
    where code ~ '^\d{{8,14}}$' group by 1 having min(product_id) = max(product_id)
) k
join inventory_product g on g.id = k.product_id
join inventory_product f on f.id = coalesce(g.merged_into_id, g.id)
left join inventory_taxrate t on t.id = f.tax_rate_id
where n.id is null and k.number = ltrim(n.code, '0') and {good_check_digit("n.code")}
"""
_WRONG = rf"""
select count(*), min(code) from import_barcodes
where code ~ '^(\d{{8}}|\d{{12,14}})$' and code !~ '{_OWN}' and not {good_check_digit("code")}
"""
