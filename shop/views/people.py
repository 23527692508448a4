"""A shop's people: who is in, who is invited, and what each may do. For owners only."""

from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shop import doors, mail, mount, services
from shop.access import needs
from shop.forms import Invite
from shop.page import page
from shop.roles import CAPABILITIES, Can, Role
from shop.services import InvitationRefused


@needs(Can.MANAGE_MEMBERS)
@require_safe
def member_list(request: Any) -> HttpResponse:
    two_step = doors.two_step_users(request.shop.pk)
    people = [
        {"membership": m, "two_step": m.user_id in two_step, "you": m.user_id == request.user.pk}
        for m in doors.members_of(request.shop.pk)
    ]
    context = {
        "people": people,
        "roles": Role.choices,
        "invitations": doors.open_invitations_of(request.shop.pk),
        "table": [(can.value, [can in CAPABILITIES[role] for role in Role]) for can in Can],
    }
    return page(request, "shop/member_list.html", context)


@needs(Can.MANAGE_MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def member_invite(request: Any) -> HttpResponse:
    """Invite somebody. Where no mail leaves this machine the answer shows the link, this once."""
    if request.method != "POST":
        return page(request, "shop/member_invite.html", {"form": Invite()})
    form = Invite(request.POST)
    if form.is_valid():
        try:
            return _invited(request, **form.cleaned_data)
        except InvitationRefused as refusal:
            form.add_error("email", refusal.sentence)
    return page(request, "shop/member_invite.html", {"form": form}, status=422)


def _invited(request: Any, email: str, role: str) -> HttpResponse:
    if not ratelimit.consume(request, action="invite"):
        raise InvitationRefused("You have invited many people in a short time. Go on in an hour.")
    secret = services.invite(shop=request.shop, email=email, role=role, by=request.user)
    link = request.build_absolute_uri(mount.root_url("join", secret))
    sent = mail.send_invitation(shop=request.shop, email=email, role=role, link=link, by=request.user)
    invited = {"email": email, "role": Role(role).label, "link": "" if sent else link}
    return page(request, "shop/member_invite.html", {"form": Invite(), "invited": invited})


@needs(Can.MANAGE_MEMBERS)
@require_POST
def member_role(request: Any, pk: int) -> HttpResponse:
    changed = services.change_role(membership_id=pk, shop=request.shop, role=request.POST.get("role", ""))
    messages.success(request, f"{changed.user} is now {changed.get_role_display()}.")
    return redirect("shop:member_list")


@needs(Can.MANAGE_MEMBERS)
@require_POST
def member_remove(request: Any, pk: int) -> HttpResponse:
    """Take somebody out of the shop. Oneself too, while another owner stays."""
    services.remove_member(membership_id=pk, shop=request.shop)
    messages.success(request, "Removed. They cannot open the shop any more.")
    return redirect("shop:member_list")


@needs(Can.MANAGE_MEMBERS)
@require_POST
def invitation_withdraw(request: Any, pk: int) -> HttpResponse:
    services.withdraw_invitation(invitation_id=pk, shop=request.shop)
    messages.success(request, "Invitation withdrawn. Its link no longer works.")
    return redirect("shop:member_list")
