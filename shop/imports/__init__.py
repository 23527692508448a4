"""The import engine: files in, rows of one kind merged, counts out. It knows no kind; each app declares its own."""
