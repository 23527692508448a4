"""What the clock sends by itself, beside the schedules of each shop (`shop.schedules`)."""

_SWEEP: dict[str, object] = {"schedule": 10.0, "options": {"expire_seconds": 60}}  # a queue of old ones helps nobody
CELERY_BEAT_SCHEDULE = {
    # Jobs whose hint was lost or whose worker died are hinted again.
    "sweep-jobs": {"task": "shop.tasks.sweep_jobs", **_SWEEP},
    # What is due begins even where beat's own message for it was lost.
    "start-due-schedules": {"task": "shop.tasks.start_due_schedules", **_SWEEP},
    # Feeds whose moment has come, and those with a file whose import has ended.
    "start-due-feeds": {"task": "shop.tasks.start_due_feeds", "schedule": 60.0, "options": {"expire_seconds": 60}},
    # Keeps the queue of changed days short; pages refresh what they read anyway.
    "refresh-rollups": {"task": "sales.tasks.refresh_all_rollups", "schedule": 300.0},
    # Files made to be taken away end with their links.
    "remove-old-downloads": {"task": "shop.tasks.remove_all_old_downloads", "schedule": 3600.0},
    # Imported files go when their time is over; their imports stay.
    "remove-old-files": {"task": "shop.tasks.remove_all_old_files", "schedule": 21600.0},
    # Prices that have started become the products' own; tills are told them ahead anyway.
    "settle-prices": {"task": "inventory.tasks.settle_all_prices", "schedule": 60.0, "options": {"expire_seconds": 60}},
}
