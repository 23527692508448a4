"""What stock and prices announce to the apps above, which they do not know. Sent in the transaction that did it."""

from django.dispatch import Signal

# Goods came in and raised a level: movement (the receipt's, written), level (locked, as it was before).
goods_received = Signal()

# Receipts were taken back: sources (theirs). Their levels are locked.
receipts_taken_back = Signal()

# Prices with an end were approved: batch, with its start and end.
offer_approved = Signal()

# They were taken back: batch, products (ids) that have their prices before.
offer_taken_back = Signal()
