"""What `manage.py export` prints of the analyses: each kind's rows are written where its page's file is."""

from insights.screens import runs, suggestions
from shop.exports import Export, register_exports

register_exports(
    {
        "runs": Export(runs.RUN_COLUMNS, lambda _: runs.run_rows()),
        "suggestions": Export(suggestions.COLUMNS, lambda _: suggestions.rows()),
    }
)
