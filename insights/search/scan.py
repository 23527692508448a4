"""One look over all entries of the shop: the closest by words, by groups of letters and by meaning.

Row-level security lets no index help where an operator might tell of other shops' rows, so the shop's own entries are
read one by one: exact, and 20,000 of them in some 30 ms. What comes back is a hundred or so, to be weighed with care.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from insights.search.folding import signature
from insights.search.meaning import MODEL, Vector
from shop.tenancy import current_shop_id

MOST_WORDS = 8
PRODUCT, REVIEW = "product", "review"
_BY_LETTERS, _BY_MEANING, _MOST_OTHERS = 30, 50, 12


@dataclass(frozen=True, slots=True)
class Row:
    """An entry: `pk` is the product's or the review's, `meaning` from -1 to 1, None where nobody knows."""

    pk: int
    text: str
    meaning: float | None


@dataclass(frozen=True, slots=True)
class Scan:
    """The closest rows, how many entries were looked at, and in how many each word begins a word."""

    rows: tuple[Row, ...]
    entries: int
    with_word: tuple[int, ...]


def scan(
    kind: str,
    words: Sequence[str],
    vector: Vector | None,
    *,
    others: Sequence[Sequence[str]] = (),
    most: int = _BY_MEANING,
) -> Scan:
    """The entries closest to these folded words, to other names of the same, and to this meaning."""
    words = words[:MOST_WORDS]
    given = {
        "shop": current_shop_id(),
        "model": MODEL,
        "vector": None if vector is None else str(vector.tolist()),
        "grams": signature(words),
        "letters": _BY_LETTERS if words else 0,
        "most": most,
        "others": " | ".join(" & ".join(f"'{word}':*" for word in name) for name in others[:_MOST_OTHERS]),
        **{f"word{place}": f"'{word}':*" for place, word in enumerate(words)},
    }
    with connection.cursor() as cursor:
        cursor.execute(_sql(kind, len(words), by_others=bool(others)), given)
        found = cursor.fetchall()
    counts = found[0][3:] if found else (0,) * (len(words) + 1)
    rows = tuple(Row(pk, text, meaning) for pk, text, meaning, *_ in found if pk is not None)
    return Scan(rows, counts[0], tuple(counts[1:]))


def _sql(kind: str, many: int, *, by_others: bool) -> str:
    hits = "".join(f", (e.words @@ %(word{place})s::tsquery)::int as hit{place}" for place in range(many))
    sums = "".join(f", coalesce(sum(hit{place}), 0)::int as with{place}" for place in range(many))
    if by_others:
        hits += ", (e.words @@ %(others)s::tsquery)::int as hit_other"
    names = [*(f"hit{place}" for place in range(many)), *(["hit_other"] if by_others else [])]
    all_hits = " + ".join(names) or "(0 * alike)"
    return _SCAN.format(kind=kind, hits=hits, sums=sums, all_hits=all_hits)


# The wall's filter is repeated as `shop_id`, so that the plan begins with the shop.
_SCAN = """
with scored as materialized (
    select e.id, e.{kind}_id as pk, bit_count(e.grams & %(grams)s::bit(1024)) as alike,
        case when e.model = %(model)s then 1 - (e.vector <=> %(vector)s::halfvec) end as meaning{hits}
    from insights_searchentry e where e.shop_id = %(shop)s and e.{kind}_id is not null
), totals as (select count(*)::int as entries{sums} from scored
), best as (
    (select id from scored where {all_hits} > 0 order by {all_hits} desc, alike desc, id limit %(letters)s)
    union (select id from scored where alike > 1 order by alike desc, id limit %(letters)s)
    union (select id from scored where meaning is not null order by meaning desc, id limit %(most)s)
)
select scored.pk, e.text, scored.meaning, totals.* from totals
left join best on true left join scored on scored.id = best.id
left join insights_searchentry e on e.shop_id = %(shop)s and e.id = best.id
"""
