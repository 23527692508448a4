"""What the stock announces to the apps above it, which it does not know. Sent within the transaction that did it."""

from django.dispatch import Signal

# Goods came in and raised a level: movement (the receipt's, written), level (locked, as it was before).
goods_received = Signal()

# Receipts were taken back: sources (theirs). Their levels are locked.
receipts_taken_back = Signal()
