"""Files in: upload, match columns, check, import, done. One page shows an import at the step it is at."""

from shop.views.imports.checking import import_check, import_fix, import_refused, import_rows
from shop.views.imports.detail import import_again, import_cancel, import_detail, import_drop, import_go, import_undo
from shop.views.imports.listing import import_list, import_new, import_template
from shop.views.imports.matching import import_map, import_proposal, import_read, import_steps

__all__ = [
    "import_again", "import_cancel", "import_check", "import_detail", "import_drop", "import_fix", "import_go",
    "import_list", "import_map", "import_new", "import_proposal", "import_read", "import_refused", "import_rows",
    "import_steps", "import_template", "import_undo",
]  # fmt: skip
