"""The ground floor's own pages inside a shop: settings, members, imports, jobs."""

from django.urls import path

from shop.views import people, public, settings

app_name = "shop"
urlpatterns = [
    path("", public.home, name="home"),
    path("settings/", settings.shop_settings, name="shop_settings"),
    # /settings/members/
    path("settings/members/", people.member_list, name="member_list"),
    path("settings/members/invite/", people.member_invite, name="member_invite"),
    path("settings/members/<int:pk>/role/", people.member_role, name="member_role"),
    path("settings/members/<int:pk>/remove/", people.member_remove, name="member_remove"),
    path("settings/invitations/<int:pk>/withdraw/", people.invitation_withdraw, name="invitation_withdraw"),
]
