"""What the ground floor announces to the apps above it, which it does not know."""

from django.dispatch import Signal

# An import is in, committed and finished: kind (its name), job_id, import_id, created, updated, facts. The shop is
# chosen. It may be announced again after a worker was killed at that very moment: what follows must be harmless to
# repeat.
import_done = Signal()
