"""Settings, Your data: the whole shop as files, asked for here and fetched by a link that ends."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from shop import jobs
from shop.access import needs
from shop.models import Download, Job
from shop.page import page
from shop.roles import Can
from shop.takeout import links, making

_SHOWN = 5
_AT_WORK = (Job.Status.QUEUED, Job.Status.RUNNING)


@needs(Can.CHANGE_SETTINGS)
@require_safe
def takeout(request: Any) -> HttpResponse:
    found = list(Download.objects.filter(what=making.WHAT).select_related("job")[:_SHOWN])
    job = next((one.job for one in found if one.job and one.job.status in _AT_WORK), None)
    context = {
        "made": [{"download": one, "key": links.key_of(one)} for one in found if links.is_there(one)],
        "failed": [one for one in found if one.job and one.job.status == Job.Status.FAILED][:1],
        "job": job,
        "left": jobs.time_left(job) if job else "",
        "days": making.DAYS,
    }
    return page(request, "shop/takeout.html", context)


@needs(Can.CHANGE_SETTINGS)
@require_POST
def takeout_ask(request: Any) -> HttpResponse:
    making.ask(shop=request.shop, by=request.user.email)
    messages.success(request, "The files are being made. You may close the page.")
    return redirect("shop:takeout")


@needs(Can.CHANGE_SETTINGS)
@require_safe
def takeout_file(request: Any, pk: int) -> FileResponse:
    """The file of a link. Whether this member may have it is asked now, not when the link was made."""
    found = links.find(pk, request.GET.get("key", ""), request.membership)
    if found is None:
        raise Http404("This link is over, or it is not for this shop. Have the files made again.")
    answer = FileResponse(links.opened(found), as_attachment=True, filename=found.name, content_type="application/zip")
    answer["Cache-Control"] = "private, no-store"
    return answer
