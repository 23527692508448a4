"""What tills ask of the shelf."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import BaseModel

from inventory import catalogue_feed, lookup
from inventory.api.contract import (
    CatalogueCall,
    CataloguePage,
    CodeCall,
    LookupSaid,
    SkuCall,
    StockSaid,
)
from shop.api.views import DeviceView, TillRequest

_CURSOR = OpenApiParameter("cursor", str, description="The last answer's. Left out: everything from the beginning.")
_LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": catalogue_feed.MOST, "default": 500})
_TAG = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The last answer's ETag.")
_CODE = OpenApiParameter("code", str, required=True, description="As scanned or typed.")
_SKU = OpenApiParameter("sku", str, required=True)


class Catalogue(DeviceView):
    """What is on sale at this till's branch, and since then what changed. Nothing new and the last ETag sent: 304."""

    @extend_schema(
        operation_id="catalogue", parameters=[_CURSOR, _LIMIT, _TAG], responses={200: CataloguePage, 304: None}
    )
    def get(self, request: TillRequest) -> HttpResponseBase:
        asked = CatalogueCall.model_validate(request.query_params.dict())
        told = catalogue_feed.page(request.device.branch_id, asked.cursor, timezone.now(), asked.limit)
        # The tag names the state the till then has, so that its next question can carry it.
        tag = f'"{told.cursor}"'
        said = _said(CataloguePage.model_validate(told), ETag=tag)
        if told.changed:
            return said
        return get_conditional_response(request._request, etag=tag, response=said) or said


class Lookup(DeviceView):
    """What a scanned or typed code means here and now, with what the cashier should look at first."""

    @extend_schema(operation_id="lookup", parameters=[_CODE], responses={200: LookupSaid})
    def get(self, request: TillRequest) -> HttpResponseBase:
        asked, till, now = CodeCall.model_validate(request.query_params.dict()), request.device, timezone.now()
        found = lookup.look_up(asked.code, branch=till.branch_id, moment=now, today=till.shop.today(now))
        return _said(LookupSaid.model_validate(found))


class Stock(DeviceView):
    """How much of a product this branch has, and the shop's other branches."""

    @extend_schema(operation_id="stock", parameters=[_SKU], responses={200: StockSaid})
    def get(self, request: TillRequest) -> HttpResponseBase:
        asked = SkuCall.model_validate(request.query_params.dict())
        return _said(StockSaid.model_validate(lookup.stock_of(asked.sku, here=request.device.branch_id)))


def _said(answer: BaseModel, **headers: Any) -> HttpResponse:
    """Written by the contract itself: a page of 500 products is as much as all of the rest of the work."""
    return HttpResponse(answer.model_dump_json(), content_type="application/json", headers=headers)
