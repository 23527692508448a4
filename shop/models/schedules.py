"""When work begins by itself: staff edit this row; it drives django-celery-beat, which knows no shop."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from shop.tenancy import ShopOwned


class Schedule(ShopOwned):
    """Work of one kind at a time of the shop's clock, on some weekdays. See `shop.schedules`.

    `next_due_at` is the next moment it begins; each moment starts one job, however often it is looked at. What people
    change is noted by `shop.schedules.change`; a trigger would note every night that it ran.
    """

    keeps_history = False

    kind = models.CharField(max_length=40)
    at = models.TimeField(help_text="The shop's time.")
    weekdays = models.CharField(
        max_length=7,
        default="0123456",
        validators=[RegexValidator(r"^[0-6]+$")],
        help_text="Monday 0 to Sunday 6, such as 01234 for working days.",
    )
    is_active = models.BooleanField("runs by itself", default=True)
    next_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_started_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(ShopOwned.Meta):
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind"], name="schedule_once_a_kind"),
            models.CheckConstraint(condition=Q(weekdays__regex=r"^[0-6]+$"), name="schedule_weekdays_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M}"
