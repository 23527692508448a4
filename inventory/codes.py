"""What a scanned or typed code means: a barcode, a PLU, a SKU, or a code the shop printed with a weight in it.

A code is tried as a whole barcode first, then as a marked-down lot's sticker, then by the shop's barcode rules, then as
a PLU, then as a SKU. A PLU that
two products on sale share is not read: nobody can know which of them lies on the scale.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus

from django.db.models import Q

from inventory.models import Barcode, BarcodeRule, LotPrice, Product
from shop.errors import Refused

MOST_SIGNS = 64
GTIN_LENGTHS = (8, 12, 13, 14)
ONE = Decimal(1)


class CodeUnknown(Refused):
    code = "code_unknown"
    status = HTTPStatus.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Reading:
    """What a code says. `how` it was read: barcode, sticker, plu, sku, or what its rule holds (weight, price,
    quantity).

    `quantity` is in the product's unit; None: to be weighed or counted, or to be worked out from `price`.
    `price` is what the code itself says is to be paid for all of it; None: the product's price holds.
    `pack_quantity` is what one scan of the pack stands for. `rule` names the barcode rule, where one was used.
    `sticker` is the price of a lot, where the code is on its stickers.
    """

    code: str
    how: str
    product: Product
    quantity: Decimal | None
    pack_quantity: Decimal = ONE
    price: Decimal | None = None
    rule: str = ""
    sticker: LotPrice | None = None


@dataclass(frozen=True, slots=True)
class InStore:
    """A code taken apart by a rule: the digits of the goods, the digits up to them, and the value, if not 0."""

    rule: BarcodeRule
    goods: str
    begins: str
    value: Decimal | None


@dataclass
class Known:
    """The products and codes that some codes may mean, read from the database at once."""

    barcodes: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    stickers: dict[str, LotPrice] = field(default_factory=dict)
    by_plu: dict[str, Product] = field(default_factory=dict)
    by_sku: dict[str, Product] = field(default_factory=dict)
    by_id: dict[int, Product] = field(default_factory=dict)


def rules_in_use() -> list[BarcodeRule]:
    """The shop's barcode rules, the most exact beginning first."""
    return sorted(BarcodeRule.objects.filter(is_active=True), key=lambda rule: (-_fixed(rule.pattern), rule.pattern))


def read_code(code: str) -> Reading:
    """What one code means. Raises CodeUnknown."""
    found = read_codes([code]).get(code)
    if found is None:
        raise CodeUnknown(f"No product has the code {shown(code)}.")
    return found


def read_codes(codes: Collection[str]) -> dict[str, Reading]:
    """What each of many codes means, by code; unknown ones are left out. Three queries,
    however many; one more where one looks like a sticker's."""
    rules = rules_in_use()
    asked = [code for code in codes if _readable(code)]
    known = _known(asked, rules)
    readings = ((code, _read(code.strip(), rules, known)) for code in asked)
    return {code: reading for code, reading in readings if reading is not None}


def take_apart(code: str, rule: BarcodeRule) -> InStore | None:
    """The parts of a code the shop printed; None where the rule does not fit or the check digit is wrong."""
    if len(code) != len(rule.pattern) or not _digits(code):
        return None
    signs = list(zip(rule.pattern, code, strict=True))
    if any(sign in "0123456789" and sign != digit for sign, digit in signs):
        return None
    if rule.pattern.endswith("C") and not good_check_digit(code):
        return None
    goods, value = ("".join(digit for sign, digit in signs if sign == kind) for kind in "IV")
    amount = Decimal(value).scaleb(-rule.decimals) if value else None
    return InStore(rule, goods, code[: rule.pattern.rindex("I") + 1], amount or None)


def good_check_digit(code: str) -> bool:
    """Whether the last digit of an EAN, UPC or GTIN is what the others make it."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return total % 10 == 0


def with_check_digit(digits: str) -> str:
    """The digits with the one behind them that makes them an EAN, UPC or GTIN."""
    return next(code for last in "0123456789" if good_check_digit(code := digits + last))


def may_be_sticker(code: str) -> bool:
    """Whether a code has the form of a sticker's, so that asking for it is worth the while."""
    return len(code) == 13 and code[0] == "2" and _digits(code) and good_check_digit(code)


def shown(code: str) -> str:
    """A code as it may be said back: short, and nothing that cannot be printed."""
    return "".join(sign for sign in code[:MOST_SIGNS] if sign.isprintable()) or "(empty)"


def _readable(code: str) -> bool:
    return bool(code.strip()) and len(code) <= MOST_SIGNS and code.strip().isprintable()


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _fixed(pattern: str) -> int:
    return sum(sign.isdigit() for sign in pattern)


def _read(code: str, rules: Iterable[BarcodeRule], known: Known) -> Reading | None:
    for form in _gtin_forms(code):
        if form in known.barcodes:
            product, pack = known.barcodes[form]
            return Reading(code, "barcode", known.by_id[product], pack, pack)
    if sticker := known.stickers.get(code):
        product_marked = known.by_id[sticker.product_id]
        return Reading(code, "sticker", product_marked, None if _weighed(product_marked) else ONE, sticker=sticker)
    for part in _parts(code, rules):
        if product_found := _goods(part, known):
            return _by_rule(code, part, product_found)
    for how, table in (("plu", known.by_plu), ("sku", known.by_sku)):
        for form in _with_and_without_zeros(code) if how == "plu" else [code]:
            if form in table:
                return Reading(code, how, table[form], None if _weighed(table[form]) else ONE)
    return None


def _by_rule(code: str, part: InStore, product: Product) -> Reading:
    """A weight of something sold by the piece is one piece; pieces of something weighed have to be weighed."""
    holds, name = part.rule.holds, part.rule.name
    if holds == BarcodeRule.Holds.PRICE:
        return Reading(code, holds, product, None if _weighed(product) else ONE, price=part.value, rule=name)
    fits = _weighed(product) == (holds == BarcodeRule.Holds.WEIGHT)
    quantity = part.value if fits else None
    if quantity is None and not _weighed(product):
        quantity = ONE
    return Reading(code, holds, product, quantity, rule=name)


def _goods(part: InStore, known: Known) -> Product | None:
    """The digits of the goods are a PLU, else a SKU, else they begin a barcode of the same kind."""
    for table in (known.by_plu, known.by_sku):
        for form in _with_and_without_zeros(part.goods):
            if form in table:
                return table[form]
    lengths = {len(part.begins), len(part.rule.pattern)}
    found = {
        product
        for code, (product, _) in known.barcodes.items()
        if code.startswith(part.begins) and len(code) in lengths
    }
    return known.by_id[found.pop()] if len(found) == 1 else None


def _weighed(product: Product) -> bool:
    return product.unit == Product.Unit.KILOGRAM


def _parts(code: str, rules: Iterable[BarcodeRule]) -> Iterator[InStore]:
    """Scanners send a UPC of 12 digits with a 0 before it, or leave the 0 of an EAN out."""
    forms = [
        code,
        *([code[1:]] if len(code) == 13 and code[0] == "0" else []),
        *(["0" + code] if len(code) == 12 else []),
    ]
    for rule in rules:
        yield from (part for form in forms if (part := take_apart(form, rule)))


def _gtin_forms(code: str) -> list[str]:
    """The code itself first, then the same number written in another length: a UPC is an EAN is a GTIN."""
    if not _digits(code) or not 8 <= len(code) <= 14:
        return [code]
    number = code.lstrip("0")
    return [code, *(number.zfill(length) for length in GTIN_LENGTHS if length >= len(number))]


def _with_and_without_zeros(digits: str) -> list[str]:
    """00042 is also 0042, 042 and 42; the longest first."""
    zeros = len(digits) - len(digits.lstrip("0")) if _digits(digits) else 0
    return [digits[left_out:] for left_out in range(min(zeros, len(digits) - 1) + 1)]


def _known(codes: Iterable[str], rules: list[BarcodeRule]) -> Known:
    """Everything the codes may mean: two queries."""
    barcodes, plus, skus, ranges = set(), set(), set(), Q()
    for code in (code.strip() for code in codes):
        barcodes.update(_gtin_forms(code))
        plus.update(_with_and_without_zeros(code))
        skus.add(code)
        for part in _parts(code, rules):
            plus.update(_with_and_without_zeros(part.goods))
            skus.update(_with_and_without_zeros(part.goods))
            rest = len(part.rule.pattern) - len(part.begins)
            ranges |= Q(code__gte=part.begins, code__lte=part.begins + "9" * rest)
    known = Known()
    rows = Barcode.objects.filter(Q(code__in=barcodes) | ranges).values_list("code", "product_id", "pack_quantity")
    known.barcodes = {code: (product, pack) for code, product, pack in rows}
    known.stickers = _stickers(skus)
    ids = {product for product, _ in known.barcodes.values()} | {one.product_id for one in known.stickers.values()}
    # Switched-off products and then older ones first: what is on sale has the last word.
    found = Product.objects.filter(Q(pk__in=ids) | Q(sku__in=skus) | Q(plu__in=plus - {""})).order_by("is_active", "pk")
    # A merged product's codes mean the product it became.
    became = Product.objects.in_bulk({product.merged_into_id for product in found if product.merged_into_id})
    standing = [(product, became[product.merged_into_id] if product.merged_into_id else product) for product in found]
    known.by_id = {product.pk: means for product, means in standing}
    known.by_sku = {product.sku: means for product, means in standing}
    known.by_plu = _by_plu(standing)
    return known


def _stickers(codes: Iterable[str]) -> dict[str, LotPrice]:
    asked = [code for code in codes if may_be_sticker(code)]
    if not asked:
        return {}
    return {row.code: row for row in LotPrice.objects.filter(code__in=asked).select_related("lot")}


def _by_plu(products: Iterable[tuple[Product, Product]]) -> dict[str, Product]:
    """The one product of each PLU: those on sale before those that are not; shared ones are left out."""
    on_sale: dict[str, dict[int, Product]] = {}
    off_sale: dict[str, dict[int, Product]] = {}
    for named, product in products:
        (on_sale if product.is_active else off_sale).setdefault(named.plu, {})[product.pk] = product
    chosen = {**off_sale, **on_sale}
    return {plu: next(iter(rows.values())) for plu, rows in chosen.items() if plu and len(rows) == 1}
