"""Feeds: files that come by themselves. Sources say where from, fetching takes them, alerts say what is wrong."""

from shop.feeds import fetching, folder, mailbox, offering, settling, url  # noqa: F401  each registers itself
