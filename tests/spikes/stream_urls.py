"""A shop's URLs with one event stream more, for the spike."""

from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.urls import include, path, reverse

from inventory.models import Product
from shop.access import member
from shop.scope import use_shop


@member
async def stream(request: Any) -> StreamingHttpResponse:
    """The shop is taken in the view: a generator runs later, outside its scope, and opens it for each read."""
    shop_id, home = request.shop.pk, reverse("stream")

    def names() -> str:
        with use_shop(shop_id):
            return ",".join(Product.objects.values_list("name", flat=True))

    async def events() -> AsyncIterator[bytes]:
        for number in range(3):
            yield f"event: tick\ndata: {number} {home} {await sync_to_async(names)()}\n\n".encode()

    answer = StreamingHttpResponse(events(), content_type="text/event-stream")
    answer["Content-Encoding"] = "identity"  # compression would hold the events back
    return answer


urlpatterns = [path("stream/", stream, name="stream"), path("", include("shop.shop_urls"))]
