"""How large a file may be, in one place. Above a limit a file is refused in words, before it costs memory or time."""

MEGABYTE = 1024**2
GIGABYTE = 1024**3

MOST_UPLOADED = GIGABYTE
MOST_UNPACKED = 4 * GIGABYTE
MOST_ROWS = 5_000_000
MOST_COLUMNS = 1000

MOST_WORKBOOK = 20 * MEGABYTE
MOST_WORKBOOK_UNPACKED = 400 * MEGABYTE

MOST_MEMBERS = 200
MOST_ENTRIES = 5000  # of an .xlsx too, where every picture is one
MOST_DIRECTORY = MEGABYTE
# No table packs this well. Small files are let off: a short list of equal rows does no harm.
MOST_RATIO = 100
RATIO_COUNTS_FROM = 16 * MEGABYTE


def workbook_memory(size: int) -> int:
    """Bytes of address space for reading a workbook of this size: a small file has no business with much."""
    return 120 * MEGABYTE + 30 * size


def workbook_seconds(size: int) -> float:
    """How long reading a workbook of this size may take."""
    return 8 + 4 * size / MEGABYTE
