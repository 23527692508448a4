"""Why a whole file cannot be imported. Single rows are refused with a reason instead, see `staging`."""

from shop.errors import Refused


class ImportRefused(Refused):
    """The file, or what was said about its columns, makes no import: nothing was written."""

    code = "import_refused"
