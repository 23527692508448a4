"""`manage.py measures_table > docs/measures.md`: the documentation of the measures, from their registry."""

from typing import Any

from django.core.management.base import BaseCommand

from sales.measures import MEASURES, Measure

_INTRO = """# Measures

Every named number in Aisle has one definition, in `sales/measures.py`; this page is printed from it
(`manage.py measures_table > docs/measures.md`). Pages show the definition beside the number.

- A business date is the shop's own: local time less the hour at which its day starts, worked out once a document.
- A voided document counts nowhere. A refund counts on its own day, as minus.
- A day summary (from a till that reports totals only) counts in sales and units, never in baskets, and has no hour.
- Unknown is never 0: where no line has a cost there is no margin, and the page shows a dash.
- A category's figures follow the category its products have now.
- "Usual" is the mean of the last four same weekdays with sales, looked for in the 52 weeks before.
- Lines keep four decimals, so a column adds up exactly and is rounded once.

`l` is a sale line and `s` its document.
"""
_GRAINS = {
    "line": "any days, hours, branches, categories or products",
    "basket": "any days, hours or branches (a basket holds many products)",
}
_POLARITY = {1: "more is better", 0: "neither more nor less is better", -1: "less is better"}


class Command(BaseCommand):
    help = "Print docs/measures.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("\n".join([_INTRO, *map(_section, MEASURES.values())]), ending="")


def _section(measure: Measure) -> str:
    return (
        f"## {measure.name}\n\n{measure.definition}\n\n"
        f"- key: `{measure.key}`; unit: {measure.unit}; {_POLARITY[measure.polarity]}\n"
        f"- for {_GRAINS[measure.grain]}\n"
        f"- for members who may {measure.needs.value}\n\n"
        f"```sql\n{measure.sql}\n```\n"
    )
