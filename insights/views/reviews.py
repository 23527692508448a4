"""What customers say."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Review
from customers.reviews import add_review
from insights.reviews import correcting, finding, replying
from insights.reviews.correcting import CorrectionRefused
from insights.reviews.replying import ReplyRefused
from insights.screens import review_detail as details
from insights.screens import review_rows, reviews
from insights.views.downloads import download
from insights.views.review_form import ReviewForm
from shop.access import needs
from shop.errors import Refused
from shop.page import page
from shop.roles import Can


@needs(Can.SEE_STOCK)
@require_safe
def review_list(request: Any) -> HttpResponse:
    """Reviews with how they sound, narrowed by what the address says."""
    role = request.membership.role
    filters = finding.read(request.GET, request.shop.today())
    if file := reviews.file(filters, request.GET.get("export", ""), role):
        return download(request, file)
    return page(request, "insights/review_list.html", {"screen": reviews.build(filters, role), "filters": filters})


@needs(Can.SEE_STOCK)
@require_safe
def review_detail(request: Any, pk: int) -> HttpResponse:
    """One review: what was read out of it, what people said of that, and its reply."""
    return _shown(request, pk)


def _shown(request: Any, pk: int, *, problem: str = "", text: str | None = None) -> HttpResponse:
    screen = details.build(pk, request.membership.role, request.shop.today())
    if screen is None:
        raise Http404
    problems = [{"text": problem, "href": "#text"}] if problem else []
    context = {"screen": screen, "entry": screen.entry, "problems": problems, "typed": text}
    return page(request, "insights/review_detail.html", context, status=422 if problem else 200)


@needs(Can.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def review_new(request: Any) -> HttpResponse:
    """Type a review in, such as a card left in the shop. The form's number makes pressing twice harmless."""
    today = request.shop.today()
    form = ReviewForm(request.POST or None, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            review, _ = add_review(words=form.as_words(), today=today, number=form.cleaned_data["number"])
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "The review is kept. The next run tells how it sounds; you can say so now.")
            return redirect("insights:review_detail", review.pk)
    context = {"form": form, "number": form.data.get("number") or uuid.uuid4()}
    return page(request, "insights/review_form.html", context, status=422 if form.errors else 200)


@needs(Can.DECIDE)
@require_POST
def review_correct(request: Any, pk: int) -> HttpResponse:
    """Say how it sounds, or whether it is spam; or take that back. htmx gets the row as it stands then."""
    review, by = get_object_or_404(Review, pk=pk), request.user.email
    label, spam, undo = (request.POST.get(name) or None for name in ("label", "spam", "undo"))
    try:
        if undo:
            correcting.take_back(review=review, what=undo, by=by)
        else:
            is_spam = {"1": True, "0": False}.get(spam or "")
            correcting.correct(review=review, label=label, is_spam=is_spam, by=by)
    except CorrectionRefused:
        if not request.htmx:
            raise
    if not request.htmx:
        return redirect("insights:review_detail", pk)
    entry = review_rows.entry(pk, request.membership.role, request.shop.today())
    response = render(request, "insights/review_swap.html", {"entry": entry, "undone": bool(undo)})
    response["Cache-Control"] = "private, no-store"
    return response


@needs(Can.DECIDE)
@require_POST
def review_reply(request: Any, pk: int) -> HttpResponse:
    """One step of the reply: draft, approve, mark as sent, none needed, or one step back."""
    review, by, do = get_object_or_404(Review, pk=pk), request.user.email, request.POST.get("do", "")
    text = request.POST.get("text", "")
    try:
        match do:
            case "draft" | "anew":
                replying.draft(review=review, shop_name=request.shop.name, by=by, anew=do == "anew")
            case "approve":
                replying.approve(review=review, text=text, by=by)
            case "replied":
                replying.mark_replied(review=review, by=by)
            case "drop":
                replying.drop(review=review, by=by)
            case "undo":
                replying.undo(review=review, by=by)
            case _:
                raise ReplyRefused("Choose what to do with the reply.")
    except Refused as refusal:
        return _shown(request, pk, problem=refusal.sentence, text=text)
    return redirect(f"{request.path.removesuffix('reply/')}#reply")
