"""The operators' admin: users, shops, memberships and the beat's schedules. Door tables only, no shop's data."""

from typing import Any

from django.contrib import admin
from django_celery_beat import admin as beat_admin
from django_celery_beat import models as beat

from shop import schedules, services
from shop.admin_sites import platform_admin
from shop.models import Membership, Shop, User


@admin.register(User, site=platform_admin)
class UserAdmin(admin.ModelAdmin):
    """People. A password is never seen or set here: a new user asks for one by mail."""

    list_display = ("email", "name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    fields = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login", "joined_at")
    readonly_fields = ("last_login", "joined_at")
    show_full_result_count = False

    def save_model(self, request: Any, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001  Django's own
        obj.email = obj.email.lower()
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Shop, site=platform_admin)
class ShopAdmin(admin.ModelAdmin):
    """Shops by their door: name, money, zone. What is in them is theirs."""

    list_display = ("name", "slug", "country", "currency", "zone", "is_demo", "created_at")
    list_filter = ("is_demo", "country")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("name", "slug", "currency", "zone", "country", "region", "day_starts_at_hour", "prices_include_tax")

    def save_model(self, request: Any, obj: Shop, form: Any, change: bool) -> None:  # noqa: FBT001  Django's own
        super().save_model(request, obj, form, change)
        if "zone" in form.changed_data:
            schedules.follow_zone(obj)

    def has_add_permission(self, request: Any) -> bool:
        """A shop is made with its branches and owner, by sign-up or manage.py create_shop."""
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Membership, site=platform_admin)
class MembershipAdmin(admin.ModelAdmin):
    """Who is in which shop. A shop keeps an owner: the same rule as on the members page."""

    list_display = ("user", "shop", "role", "joined_at")
    list_filter = ("role",)
    list_select_related = ("user", "shop")
    search_fields = ("user__email", "shop__slug", "shop__name")
    autocomplete_fields = ("user", "shop")
    fields = ("shop", "user", "role")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[str, ...]:
        return ("shop", "user") if obj else ()

    def save_model(self, request: Any, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001  Django's own
        if change:
            services.change_role(membership_id=obj.pk, shop=obj.shop, role=obj.role)
        else:
            super().save_model(request, obj, form, change)

    def delete_model(self, request: Any, obj: Membership) -> None:
        services.remove_member(membership_id=obj.pk, shop=obj.shop)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for membership in queryset.select_related("shop"):
            self.delete_model(request, membership)


platform_admin.register(beat.PeriodicTask, beat_admin.PeriodicTaskAdmin)
platform_admin.register(beat.IntervalSchedule)
platform_admin.register(beat.CrontabSchedule, beat_admin.CrontabScheduleAdmin)
platform_admin.register(beat.ClockedSchedule, beat_admin.ClockedScheduleAdmin)
platform_admin.register(beat.SolarSchedule)
