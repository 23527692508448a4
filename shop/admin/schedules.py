"""When a shop's work begins by itself: staff choose the hour and the days. Saving goes through `shop.schedules`."""

from django import forms
from django.contrib import admin, messages

from shop import schedules
from shop.admin.base import ShopForm, ShopModelAdmin
from shop.admin_sites import shop_admin
from shop.errors import Refused
from shop.models import Schedule
from shop.roles import Can


class ScheduleForm(ShopForm):
    """The days of the week as boxes."""

    weekdays = forms.MultipleChoiceField(
        label="On",
        choices=[(str(number), name) for number, name in enumerate(schedules.DAYS)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one day, or switch it off."},
    )
    at = forms.TimeField(label="At", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    class Meta:
        model = Schedule
        fields = ("at", "weekdays", "is_active")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["weekdays"] = list(self.instance.weekdays)
        self.fields["at"].help_text = f"By the shop's clock ({self.instance.shop.zone.replace('_', ' ')})."

    def clean_weekdays(self):
        return "".join(sorted(self.cleaned_data["weekdays"]))


@admin.register(Schedule, site=shop_admin)
class ScheduleAdmin(ShopModelAdmin):
    """One row a kind of work, made with the shop. A kind that is gone may be removed, others are switched off."""

    form = ScheduleForm
    sees = Can.CHANGE_SETTINGS
    edits = Can.CHANGE_SETTINGS
    adds = False
    list_display = ("work", "time", "days", "is_active", "next_run", "last_run")
    fields = ("work", "at", "weekdays", "is_active", "next_run", "last_run")
    readonly_fields = ("work", "next_run", "last_run")
    actions = None

    def has_delete_permission(self, request, obj=None):
        return obj is not None and not schedules.is_known(obj.kind) and super().has_delete_permission(request, obj)

    @admin.display(ordering="kind")
    def work(self, schedule):
        return schedules.title_of(schedule)

    @admin.display(description="at", ordering="at")
    def time(self, schedule):
        return f"{schedule.at:%H:%M}"

    @admin.display(ordering="weekdays")
    def days(self, schedule):
        return schedules.days_in_words(schedule.weekdays)

    @admin.display(ordering="next_due_at")
    def next_run(self, schedule):
        return schedule.next_due_at

    @admin.display(ordering="last_started_at")
    def last_run(self, schedule):
        return schedule.last_started_at

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        answer = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        if obj is not None:
            answer.context_data["title"] = schedules.title_of(obj)
        return answer

    def save_model(self, request, obj, form, change):
        saved = schedules.change(
            schedule_id=obj.pk,
            at=obj.at,
            weekdays=obj.weekdays,
            is_active=obj.is_active,
            by=request.user.email,
        )
        obj.next_due_at = saved.next_due_at

    def delete_model(self, request, obj):
        try:
            schedules.remove(schedule_id=obj.pk, by=request.user.email)
        except Refused as refusal:
            self.message_user(request, refusal.sentence, messages.ERROR)
