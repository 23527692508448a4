"""The models a shop may ask: connect, order, test, limit; and the log of every call."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from insights.models import LLMCall, ModelAccess
from insights.providers import services
from insights.providers.forms import LimitForm, ModelForm
from insights.providers.services import ModelRefused
from insights.screens import models as screens
from insights.views.downloads import download
from shop.access import needs
from shop.page import page
from shop.roles import Can


@needs(Can.CHANGE_SETTINGS)
@require_safe
def model_list(request: Any) -> HttpResponse:
    """The models in the order they are asked, the month's money, and what leaves the house."""
    return _list(request)


def _list(request: Any, form: LimitForm | None = None) -> HttpResponse:
    screen = screens.build()
    form = form or LimitForm(initial={"monthly_limit": screen.limit})
    return page(
        request, "insights/model_list.html", {"screen": screen, "form": form}, status=422 if form.errors else 200
    )


@needs(Can.CHANGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def model_new(request: Any) -> HttpResponse:
    """Connect a model."""
    form = ModelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            access = services.connect(**form.cleaned_data)
            messages.success(request, f"{access.name} is connected. Test it to see whether it answers.")
            return redirect("insights:model_list")
        except ModelRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
    return _form(request, form, None)


@needs(Can.CHANGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def model_edit(request: Any, pk: int) -> HttpResponse:
    """Change a model. The key it has is kept where none is entered."""
    access = _access(pk)
    form = ModelForm(request.POST if request.method == "POST" else None, access=access)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(access, **form.cleaned_data)
            messages.success(request, f"{access.name} is saved.")
            return redirect("insights:model_list")
        except ModelRefused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
    return _form(request, form, access)


def _form(request: Any, form: ModelForm, access: ModelAccess | None) -> HttpResponse:
    name = ModelAccess.objects.get(pk=access.pk).name if access else ""
    context = {"form": form, "access": access, "name": name}
    return page(request, "insights/model_form.html", context, status=422 if form.errors else 200)


def _access(pk: int) -> ModelAccess:
    """The model, or a refusal: it may have been removed in another window."""
    access: ModelAccess | None = ModelAccess.objects.filter(pk=pk).first()
    if access is None:
        raise ModelRefused("This model is not connected any more. Open the models again.")
    return access


@needs(Can.CHANGE_SETTINGS)
@require_POST
def model_use(request: Any, pk: int) -> HttpResponse:
    access, active = _access(pk), request.POST.get("active") == "1"
    services.set_active(access, active=active)
    messages.success(request, f"{access.name} is {'asked again' if active else 'not asked any more'}.")
    return redirect("insights:model_list")


@needs(Can.CHANGE_SETTINGS)
@require_POST
def model_up(request: Any, pk: int) -> HttpResponse:
    services.move_up(_access(pk))
    return redirect("insights:model_list")


@needs(Can.CHANGE_SETTINGS)
@require_POST
def model_try(request: Any, pk: int) -> HttpResponse:
    """Ask it a word, and say what came of it."""
    access = _access(pk)
    worked, sentence = services.try_out(access)
    (messages.success if worked else messages.warning)(request, sentence)
    return redirect("insights:model_list")


@needs(Can.CHANGE_SETTINGS)
@require_POST
def model_remove(request: Any, pk: int) -> HttpResponse:
    access = _access(pk)
    services.remove(access)
    messages.success(request, f"{access.name} and its key are removed. Its calls stay in the log.")
    return redirect("insights:model_list")


@needs(Can.CHANGE_SETTINGS)
@require_POST
def model_limit(request: Any) -> HttpResponse:
    form = LimitForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    services.set_limit(form.cleaned_data["monthly_limit"])
    messages.success(request, "The limit is saved.")
    return redirect("insights:model_list")


@needs(Can.CHANGE_SETTINGS)
@require_safe
def llm_call_list(request: Any) -> HttpResponse:
    """Every call, newest first."""
    filters = screens.read(request.GET)
    if request.GET.get("export") == "csv":
        return download(request, screens.as_file(filters))
    screen = screens.calls(filters, request.GET.get("page", ""))
    return page(request, "insights/llm_call_list.html", {"screen": screen, "filters": filters})


@needs(Can.CHANGE_SETTINGS)
@require_safe
def llm_call_detail(request: Any, pk: int) -> HttpResponse:
    """One call: what left the house, word for word, and what came back."""
    call = get_object_or_404(LLMCall.objects.select_related("access"), pk=pk)
    return page(request, "insights/llm_call_detail.html", {"screen": screens.one_call(call)})
