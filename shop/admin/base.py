"""What all pages of a shop's admin share: roles, shop-aware forms, quick lists, the history kept by the database."""

import inspect

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError, router, transaction
from django.db.models.deletion import CASCADE, get_candidate_relations_to_delete
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.text import capfirst

from shop import history
from shop.roles import Can, may

MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):
    """Counts at most MOST_COUNTED + 1 rows, so that a list of a million opens as fast as one of ten thousand."""

    @cached_property
    def count(self):
        return self.object_list.order_by().values("pk")[: MOST_COUNTED + 1].count()


class ShopForm(forms.ModelForm):
    """Knows its shop before validation: what may be there once in a shop is a sentence on the form, never a crash."""

    # What to say where a row breaks a rule of the database, by the rule's name.
    sentences = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.stamp_shop()

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() - {"shop"}

    def _update_errors(self, errors):
        broken = errors.error_dict.pop(NON_FIELD_ERRORS, [])
        super()._update_errors(errors)
        for error in broken:
            self._refuse(error)

    def _refuse(self, error):
        """A broken rule of the database, said at the last of its fields that is on the form."""
        rule = next(
            (r for r in self._meta.model._meta.constraints if r.get_violation_error_message() == error.message), None
        )
        fields = (error.params or {}).get("unique_check") or getattr(rule, "fields", ())
        shown = [name for name in fields if name in self.fields]
        sentence = self.sentences.get(getattr(rule, "name", None))
        if sentence is None and shown:
            sentence = already_there(self.instance, [name for name in fields if name != "shop"])
        self.add_error(shown[-1] if shown else None, sentence or error)


def already_there(row, fields):
    """There is already a product with the SKU MILK."""
    values = [(row._meta.get_field(name).verbose_name, getattr(row, name)) for name in fields]
    told = " and ".join(f"the {label} {value}" for label, value in values if value not in (None, ""))
    return f"There is already a {row._meta.verbose_name} with {told}."


class ShopFormSet(forms.BaseInlineFormSet):
    """Inline rows that repeat each other say so in the shop's words."""

    def get_unique_error_message(self, unique_check):
        labels = [self.model._meta.get_field(name).verbose_name for name in unique_check if name != "shop"]
        return f"The same {' and '.join(str(label) for label in labels)} is here twice."


class SearchedSelect(AutocompleteSelect):
    """A choice that is searched for. What was posted and can be no id is chosen by nobody, and no crash."""

    def optgroups(self, name, value, attrs=None):
        return super().optgroups(name, [one for one in value if could_be_id(one)], attrs)


def could_be_id(text):
    return str(text).isascii() and str(text).isdigit()


class ByRole:
    """Permissions by the capabilities of the member's role, down to single fields. Django's own are never asked.

    `sees` opens the pages, `edits` (None: nobody) changes rows; `secrets` names the fields that need a
    capability of their own: without it they are in no form, list, filter, lookup or history.
    """

    sees = Can.SEE_STOCK
    edits = None
    adds = True
    deletes = True
    secrets = {}

    def may(self, request, capability):
        return capability is not None and may(request.membership.role, capability)

    def has_view_permission(self, request, obj=None):
        return self.may(request, self.sees)

    def has_change_permission(self, request, obj=None):
        return self.may(request, self.sees) and self.may(request, self.edits)

    def has_add_permission(self, request, obj=None):
        return self.adds and self.has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return self.deletes and self.has_change_permission(request)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def hidden(self, request):
        return frozenset(name for name, needed in self.secrets.items() if not self.may(request, needed))

    def _shown(self, request, names):
        hidden = self.hidden(request)
        shown = (tuple(n for n in name if n not in hidden) if isinstance(name, tuple) else name for name in names)
        return [name for name in shown if name and name not in hidden]

    def get_fieldsets(self, request, obj=None):
        return [
            (title, {**options, "fields": self._shown(request, options["fields"])})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_exclude(self, request, obj=None):
        return [*(super().get_exclude(request, obj) or ()), *self.hidden(request)]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SearchedSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ShopModelAdmin(ByRole, admin.ModelAdmin):
    """A model of the shop: scoped by the manager and the database, quick on big tables, one transaction a POST."""

    form = ShopForm
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    view_on_site = False
    # Rows that hang on this one and belong to its history: (model, link column).
    history_parts = ()

    # Lists ------------------------------------------------------------------------------------------------
    def get_list_display(self, request):
        return self._shown(request, super().get_list_display(request))

    def get_list_filter(self, request):
        hidden = self.hidden(request)
        return [item for item in super().get_list_filter(request) if _filtered_field(item) not in hidden]

    def lookup_allowed(self, lookup, value, request=None):
        """Only what a filter of the page offers: a hidden cost must not be guessed by ?cost__gt=."""
        return any(lookup in _lookups(item) for item in self.get_list_filter(request))

    def changelist_view(self, request, extra_context=None):
        titled = {"title": str(capfirst(self.opts.verbose_name_plural)), **(extra_context or {})}
        with transaction.atomic(using=router.db_for_write(self.model)):
            return super().changelist_view(request, titled)

    def response_action(self, request, queryset):
        """What can be no id is as a row that is not there: nothing is chosen."""
        posted = request.POST.copy()
        posted.setlist("_selected_action", filter(could_be_id, posted.getlist("_selected_action")))
        request.POST = posted
        return super().response_action(request, queryset)

    # Forms ------------------------------------------------------------------------------------------------
    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Two people at once: the form found nothing wrong, the database did.
            self.message_user(request, "Somebody has just saved something like it. Look again.", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        """The page is titled by what it is about."""
        if obj is not None:
            context.update(title=str(obj), subtitle=None)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404

    def get_deleted_objects(self, objs, request):
        """What goes and what stands in the way, counted and not listed: a branch may have a million sales."""
        gone, in_the_way = [str(obj) for obj in objs], []
        for relation in get_candidate_relations_to_delete(self.opts):
            rows = relation.related_model._default_manager.filter(
                **{f"{relation.field.name}__in": [obj.pk for obj in objs]}
            )
            if told := _counted(rows.order_by()[:101].count(), relation.related_model._meta):
                (gone if relation.on_delete is CASCADE else in_the_way).append(told)
        return gone, {self.opts.verbose_name_plural: len(objs)}, set(), in_the_way

    # History: the trigger keeps it, for bulk and CSV changes too ----------------------------------------------
    def log_addition(self, request, obj, message):
        return None

    def log_change(self, request, obj, message):
        return None

    def log_deletion(self, request, obj, object_repr):
        return None

    def log_deletions(self, request, queryset):
        return None

    def history_view(self, request, object_id, extra_context=None):
        if not (self.may(request, Can.SEE_HISTORY) and self.has_view_permission(request)):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        page = BoundedPaginator(history.of_row(row, self.history_parts), 50).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "entries": history.in_words(page.object_list, self.hidden_in_history(request)),
            "page": page,
            "object": row,
            "opts": self.opts,
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/shop_history.html", context)

    def hidden_in_history(self, request):
        return {self.model: self.hidden(request)}


class ReadOnly:
    """Facts and caches: seen, never edited."""

    edits = None
    adds = False
    deletes = False


class ShopTabularInline(ByRole, admin.TabularInline):
    """Rows of the shop inside another row's page."""

    form = ShopForm
    formset = ShopFormSet
    view_on_site = False


def _filtered_field(item):
    if inspect.isclass(item):
        return item.parameter_name
    return item[0] if isinstance(item, tuple | list) else item


def _lookups(item):
    """What a filter puts into the address."""
    name = _filtered_field(item)
    return getattr(item, "lookups_used", ()) or {f"{name}{end}" for end in ("", "__exact", "__id__exact", "__isnull")}


def _counted(number, meta):
    if number == 0:
        return ""
    name = meta.verbose_name if number == 1 else meta.verbose_name_plural
    return f"{number if number <= 100 else 'more than 100'} {name}"
