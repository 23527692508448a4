"""The pages of feeds, under /feeds/ inside a shop; named as the other pages of the ground floor."""

from django.urls import path

from shop.views import feeds

urlpatterns = [
    path("feeds/", feeds.feed_list, name="feed_list"),
    path("feeds/new/", feeds.feed_new, name="feed_new"),
    path("feeds/<int:pk>/", feeds.feed_detail, name="feed_detail"),
    path("feeds/<int:pk>/change/", feeds.feed_change, name="feed_change"),
    path("feeds/<int:pk>/look/", feeds.feed_look, name="feed_look"),
    path("feeds/<int:pk>/switch/", feeds.feed_switch, name="feed_switch"),
    path("feeds/<int:pk>/remove/", feeds.feed_remove, name="feed_remove"),
    path("feeds/files/<int:pk>/again/", feeds.feed_file_again, name="feed_file_again"),
    path("feeds/files/<int:pk>/leave/", feeds.feed_file_leave, name="feed_file_leave"),
]
