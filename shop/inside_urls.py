"""The ground floor's own pages inside a shop: settings, members, imports, jobs."""

from django.urls import path

from shop.views import devices, imports, jobs, people, public, settings

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
    # /settings/tills/
    path("settings/tills/", devices.till_list, name="till_list"),
    path("settings/tills/add/", devices.till_add, name="till_add"),
    path("settings/tills/rules/", devices.till_rules, name="till_rules"),
    path("settings/tills/<int:pk>/connect/", devices.till_connect, name="till_connect"),
    path("settings/devices/<int:pk>/key/", devices.device_key, name="device_key"),
    path("settings/devices/<int:pk>/end/", devices.device_end, name="device_end"),
    # /imports/
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/new/columns/", imports.import_match, name="import_match"),
    path("imports/<int:pk>/", imports.import_detail, name="import_detail"),
    path("imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("imports/<int:pk>/refused/", imports.import_refused, name="import_refused"),
    path("jobs/<int:pk>/events/", jobs.job_events, name="job_events"),
]
