"""What tills ask about customers (a name to a number, never a list), and the reviews they and websites send."""

from typing import Annotated

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import BaseModel, ConfigDict, Field
from rest_framework.response import Response

from customers import reports
from customers.api.contract import ReviewIn, ReviewSaid
from customers.reviews import Words, add_review
from inventory.codes import CodeUnknown, read_code
from inventory.models import Product
from shop.api.bodies import read
from shop.api.views import DeviceView, TillRequest

_CODE = OpenApiParameter("code", str, required=True, description="The whole customer number, as on the card.")


class CustomerCall(BaseModel):
    code: Annotated[str, Field(min_length=1, max_length=64)]


class CustomerSaid(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str


class Customers(DeviceView):
    """Who has this customer number."""

    @extend_schema(operation_id="customer", parameters=[_CODE], responses={200: CustomerSaid})
    def get(self, request: TillRequest) -> Response:
        asked = CustomerCall.model_validate(request.query_params.dict())
        return Response(CustomerSaid.model_validate(reports.by_code(asked.code)).model_dump())


class Reviews(DeviceView):
    """A review, sent by a till or a website. Sent again under its id it changes nothing. Reviews cannot be read."""

    @extend_schema(operation_id="send_review", request=ReviewIn, responses={201: ReviewSaid, 200: ReviewSaid})
    def post(self, request: TillRequest) -> HttpResponse:
        told, till = read(request, ReviewIn), request.device
        product, warnings = _product(told.product)
        words = Words(
            text=told.text,
            title=told.title,
            rating=told.stars,
            author=told.author,
            source=told.source,
            written_on=told.written_on,
            product=product,
            branch=till.branch_id,
        )
        review, made = add_review(words=words, today=till.shop.today(), number=told.id)
        sku = review.product.sku if review.product else None
        said = ReviewSaid(id=told.id, status="created" if made else "duplicate", product=sku, warnings=warnings)
        headers = {} if made else {"Idempotency-Replayed": "true"}
        body = said.model_dump_json()
        return HttpResponse(body, status=201 if made else 200, content_type="application/json", headers=headers)


def _product(code: str | None) -> tuple[int | None, list[str]]:
    """The product a code names, else a warning: the review is worth keeping without it."""
    if not code:
        return None, []
    if found := Product.objects.of_sku(code):
        return found.pk, []
    try:
        return read_code(code).product.pk, []
    except CodeUnknown as refusal:
        return None, [f"{refusal.sentence} The review is kept as about the shop."]
