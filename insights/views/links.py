"""What the links of a brief lead to, outside any shop: the decision to confirm, and the end of the mails."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from insights.briefs import links
from insights.briefs.links import LinkRefused
from insights.screens import decisions as screens
from shop import doors, mount, services
from shop.access import public
from shop.errors import Refused
from shop.page import page
from shop.tenancy import acting, use_shop


@public
@require_http_methods(["GET", "HEAD", "POST"])
def decision_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the decision; a POST takes it. The link stands for the person it was mailed to, signed in or not."""
    try:
        shop = doors.shop_by_id(links.shop_of(token))
    except LinkRefused as refusal:
        return _refused(request, refusal, "/")
    if shop is None:
        return _refused(request, LinkRefused("This shop is not here any more."), "/")
    today = mount.shop_url(shop.slug, "insights:today")
    with use_shop(shop), mount.inside(shop.slug), timezone.override(shop.zone):
        try:
            opened = links.look(token)
            row = screens.row(opened.suggestion, shop, opened.membership.role, timezone.now())
            if request.method == "POST":
                with acting(opened.membership.user.email, "By a link in the morning brief"):
                    links.use(token)
        except Refused as refusal:
            return _refused(request, refusal, today)
    context = {"shop_name": shop.name, "row": row, "reader": opened.membership.user, "today": today}
    return page(request, "insights/brief_link.html", context | {"done": request.method == "POST"})


@public
@require_http_methods(["GET", "HEAD", "POST"])
def brief_off(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to end the mails; a POST ends them."""
    try:
        reader = links.reader_of(token)
    except LinkRefused as refusal:
        return _refused(request, refusal, "/")
    if request.method == "POST":
        services.switch_brief(shop_id=reader.shop_id, user_id=reader.user_id, gets_brief=False)
    context = {"reader": reader, "done": request.method == "POST"}
    return page(request, "insights/brief_off.html", context)


def _refused(request: HttpRequest, refusal: Refused, today: str) -> HttpResponse:
    context = {"refusal": refusal.sentence, "today": today}
    return page(request, "insights/brief_link.html", context, status=410)
