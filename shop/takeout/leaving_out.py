"""The ground floor's own tables that are no data of the shop."""

from shop.exports import leave_out

leave_out(
    {
        "shop_job": "work that was asked for",
        "shop_schedule": "hours at which work begins",
        "shop_download": "files like this one",
        "shop_device": "devices and what lets them in",
        "shop_savedmapping": "how files are read",
        "shop_feed": "where files come from, and what opens it",
        "shop_feedfile": "files that were seen",
        "shop_rawfile": "files as they came",
        "shop_importedrow": "which line of a file wrote which row",
    }
)
