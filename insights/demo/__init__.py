"""The demo shop: a made-up grocer whose every number follows from one seed.

`build(size, today)` works the whole shop out, `files.write_files` writes it as the CSV files an import takes,
and `truth.truth` says what was hidden in it, so that an analysis can be checked against the answer.
"""
