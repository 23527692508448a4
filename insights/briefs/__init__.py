"""The morning brief: the day's first decisions by mail, each with a link that shows it and is used once."""
