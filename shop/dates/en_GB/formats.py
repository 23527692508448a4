"""Read by Django under FORMAT_MODULE_PATH; what is not here is its own British way."""

DATE_FORMAT = "D j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "D j M Y H:i"
