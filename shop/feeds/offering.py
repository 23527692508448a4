"""After an import: let files like this one come by themselves."""

from __future__ import annotations

from django.urls import reverse

from shop.imports.next_steps import NextStep, next_step
from shop.models import Import, Job
from shop.roles import Can, may


@next_step
def offer_a_feed(job: Job, role: str) -> NextStep | None:
    """A link on the page of an import that a person made."""
    if not may(role, Can.IMPORT):
        return None
    imported = Import.objects.in_the_books().filter(job=job, feed=None).first()
    if imported is None:
        return None
    return NextStep(
        "Let such files come by themselves", f"{reverse('shop:feed_new')}?import={imported.pk}", "refresh-cw"
    )
