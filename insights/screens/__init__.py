"""What a page shows, put together from reports: plain dataclasses, written numbers, no request and no template."""
