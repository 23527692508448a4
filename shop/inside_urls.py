"""The ground floor's own pages inside a shop: settings, members, imports, jobs."""

from django.urls import path

from shop.feed_urls import urlpatterns as feeds
from shop.views import devices, import_kinds, imports, jobs, people, public, settings, takeout

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
    # /settings/your-data/
    path("settings/your-data/", takeout.takeout, name="takeout"),
    path("settings/your-data/make/", takeout.takeout_ask, name="takeout_ask"),
    path("settings/your-data/<int:pk>/file/", takeout.takeout_file, name="takeout_file"),
    # /imports/
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/template.csv", imports.import_template, name="import_template"),
    path("imports/kinds/", import_kinds.import_kinds, name="import_kinds"),
    path("imports/<int:pk>/", imports.import_detail, name="import_detail"),
    path("imports/<int:pk>/map/", imports.import_map, name="import_map"),
    path("imports/<int:pk>/field/", imports.import_steps, name="import_steps"),
    path("imports/<int:pk>/proposal/", imports.import_proposal, name="import_proposal"),
    path("imports/<int:pk>/read/", imports.import_read, name="import_read"),
    path("imports/<int:pk>/check/", imports.import_check, name="import_check"),
    path("imports/<int:pk>/fix/", imports.import_fix, name="import_fix"),
    path("imports/<int:pk>/rows/", imports.import_rows, name="import_rows"),
    path("imports/<int:pk>/again/", imports.import_again, name="import_again"),
    path("imports/<int:pk>/go/", imports.import_go, name="import_go"),
    path("imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("imports/<int:pk>/drop/", imports.import_drop, name="import_drop"),
    path("imports/<int:pk>/undo/", imports.import_undo, name="import_undo"),
    path("imports/<int:pk>/refused.csv", imports.import_refused, name="import_refused"),
    *feeds,  # /feeds/
    path("jobs/<int:pk>/events/", jobs.job_events, name="job_events"),
]
