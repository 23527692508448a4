"""The customers' part of the till API, included in shop.api.urls."""

from django.urls import path

from customers.api import views

urlpatterns = [
    path("customers", views.Customers.as_view(), name="customers"),
    path("reviews", views.Reviews.as_view(), name="reviews"),
]
