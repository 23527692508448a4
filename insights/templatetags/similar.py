"""Products that are much like this one."""

from django import template

from insights.search import similar
from inventory.models import Product

register = template.Library()


@register.simple_tag
def similar_products(product: Product) -> list[Product]:
    """The few nearest in meaning; none until the search has read the product."""
    return similar.similar_products(product)
