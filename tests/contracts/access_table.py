"""Who may call what, written down by hand: the tests hold the product to it, and an unlisted URL fails the build."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shop.roles import Can
from tests.contracts.shelf import Shelf

ANYBODY, MEMBER, SIGNED_IN = "anybody", "any member", "anybody signed in"


@dataclass(frozen=True)
class Access:
    """What a URL needs, how it is called in the test, and with which row of the shop."""

    needs: Can | str
    method: str = "get"
    row: Callable[[Shelf], Any] | None = None
    data: dict[str, str] = field(default_factory=dict)
    form: bool = False  # a GET shows the form that is posted
    unready: bool = False  # without what a person did before, it answers with a refusal


IN_SHOP: dict[str, Access] = {
    # insights
    "insights:today": Access(Can.SEE_SALES),
    "insights:search": Access(Can.SEE_PRODUCTS),
    "insights:sales": Access(Can.SEE_SALES),
    "insights:line_list": Access(Can.SEE_SALES),
    "insights:coverage": Access(Can.SEE_SALES),
    "insights:sale_detail": Access(Can.SEE_SALES, row=lambda shelf: shelf.sale),
    # the till inbox; choosing a product needs to change products too, which the same roles may
    "insights:inbox_list": Access(Can.SEE_SALES),
    "insights:inbox_detail": Access(Can.SEE_SALES, row=lambda shelf: shelf.selling.inbox_item),
    "insights:inbox_resolve": Access(
        Can.EDIT_SALES, "post", row=lambda shelf: shelf.selling.inbox_item, data={"how": "keep"}
    ),
    "insights:inbox_reopen": Access(Can.EDIT_SALES, "post", row=lambda shelf: shelf.selling.inbox_item),
    "insights:inbox_code": Access(Can.SEE_SALES),
    "insights:inbox_match": Access(Can.EDIT_SALES, "post", data={"code": "5012345678900", "make": "1"}),
    "insights:inbox_unmatch": Access(Can.EDIT_SALES, "post", data={"code": "5012345678900", "product": "0"}),
    "insights:product_list": Access(Can.SEE_PRODUCTS),
    "insights:review_list": Access(Can.SEE_STOCK),
    "insights:review_detail": Access(Can.SEE_STOCK, row=lambda shelf: shelf.advised.review),
    "insights:review_new": Access(
        Can.EDIT_CUSTOMERS, "post", data={"number": "5e0d3cf6-6d0a-4e39-9f43-2a3a3a3f0001", "text": "Fresh."}, form=True
    ),
    "insights:review_correct": Access(
        Can.DECIDE, "post", row=lambda shelf: shelf.advised.review, data={"label": "neutral"}
    ),
    "insights:review_reply": Access(
        Can.DECIDE, "post", row=lambda shelf: shelf.advised.review, data={"do": "approve", "text": "Thank you."}
    ),
    "insights:price_list": Access(Can.SEE_COST),
    "insights:price_effects": Access(Can.SEE_SALES),
    "insights:price_put": Access(Can.EDIT_PRODUCTS, "post", data={"product": "0", "price": "1.55"}, unready=True),
    "insights:price_costs": Access(Can.SEE_COST),
    "insights:price_costs_decide": Access(Can.EDIT_PRODUCTS, "post", data={"do": "take", "price": "0"}),
    "insights:price_costs_match": Access(
        Can.EDIT_PRODUCTS, "post", row=lambda shelf: shelf.imported.supplier_price.item, data={"q": "?"}, unready=True
    ),
    "insights:price_batch_list": Access(Can.SEE_STOCK),
    "insights:price_batch_new": Access(Can.EDIT_PRODUCTS, "post", data={"name": "Monday"}, form=True),
    "insights:price_batch_detail": Access(Can.SEE_STOCK, row=lambda shelf: shelf.advised.price_batch),
    "insights:price_batch_plan": Access(
        Can.EDIT_PRODUCTS, "post", row=lambda shelf: shelf.advised.price_batch, data={"name": "Monday"}
    ),
    "insights:price_batch_line": Access(
        Can.EDIT_PRODUCTS,
        "post",
        row=lambda shelf: shelf.advised.price_batch,
        data={"product": "0", "price": "1.50"},
        unready=True,
    ),
    "insights:price_batch_approve": Access(Can.DECIDE, "post", row=lambda shelf: shelf.advised.price_batch),
    "insights:price_batch_undo": Access(Can.DECIDE, "post", row=lambda shelf: shelf.advised.price_batch, unready=True),
    "insights:price_batch_discard": Access(Can.EDIT_PRODUCTS, "post", row=lambda shelf: shelf.advised.price_batch),
    "insights:price_labels": Access(Can.SEE_STOCK, row=lambda shelf: shelf.advised.price_batch),
    "insights:competitor_list": Access(Can.SEE_SALES),
    "insights:competitor_add": Access(
        Can.EDIT_PRODUCTS,
        "post",
        data={"competitor": "Big Store", "name": "Oats", "price": "1.20", "seen_on": "2026-03-01"},
        form=True,
    ),
    "insights:competitor_forget": Access(Can.EDIT_PRODUCTS, "post", row=lambda shelf: shelf.advised.competitor_price),
    "insights:competitor_items": Access(Can.SEE_SALES),
    "insights:competitor_item": Access(Can.SEE_SALES, row=lambda shelf: shelf.advised.competitor_item),
    "insights:competitor_decide": Access(
        Can.EDIT_PRODUCTS, "post", row=lambda shelf: shelf.advised.competitor_item, data={"do": "none"}
    ),
    "insights:competitor_match": Access(Can.EDIT_PRODUCTS, "post"),
    "insights:competitor_wait": Access(Can.SEE_SALES, row=lambda shelf: shelf.advised.match_job),
    "insights:match_list": Access(Can.SEE_STOCK),
    "insights:match_decide": Access(
        Can.EDIT_PRODUCTS, "post", row=lambda shelf: shelf.imported.pair, data={"do": "later"}
    ),
    "insights:match_sure": Access(Can.EDIT_PRODUCTS, "post", data={"shown": "3"}, unready=True),
    "insights:match_look": Access(Can.EDIT_PRODUCTS, "post"),
    "insights:match_wait": Access(Can.SEE_STOCK, row=lambda shelf: shelf.imported.pairs_job),
    "insights:merge_product": Access(Can.EDIT_PRODUCTS, row=lambda shelf: shelf.product),
    "insights:merge_list": Access(Can.SEE_STOCK),
    "insights:merge_undo": Access(Can.EDIT_PRODUCTS, "post", row=lambda shelf: shelf.imported.merge),
    "insights:product_detail": Access(Can.SEE_PRODUCTS, row=lambda shelf: shelf.product),
    "insights:run_list": Access(Can.SEE_SALES),
    "insights:run_detail": Access(Can.SEE_SALES, row=lambda shelf: shelf.run),
    "insights:run_wait": Access(Can.SEE_SALES, row=lambda shelf: shelf.run_job),
    "insights:run_start": Access(Can.DECIDE, "post", data={"analysis": "forecast"}),
    "insights:run_cancel": Access(Can.DECIDE, "post", row=lambda shelf: shelf.run_job),
    "insights:event_list": Access(Can.SEE_SALES),
    "insights:event_say": Access(Can.DECIDE, "post", data={"said": "street fair tomorrow"}),
    "insights:event_new": Access(
        Can.DECIDE, "post", data={"name": "Street fair", "first_date": "2026-12-05"}, form=True
    ),
    "insights:event_edit": Access(
        Can.DECIDE, "post", row=lambda shelf: shelf.event, data={"name": "Fair", "first_date": "2026-12-05"}, form=True
    ),
    "insights:event_approve": Access(Can.DECIDE, "post", row=lambda shelf: shelf.event),
    "insights:event_dismiss": Access(Can.DECIDE, "post", row=lambda shelf: shelf.event),
    "insights:forecast_quality": Access(Can.SEE_SALES),
    "insights:brief": Access(Can.DECIDE, "post", form=True),
    "insights:decision_list": Access(Can.SEE_SALES),
    "insights:decisions_moved": Access(Can.SEE_SALES),
    "insights:outcome_list": Access(Can.SEE_COST),
    "insights:outcome_calibration": Access(Can.SEE_COST),
    "insights:decision_detail": Access(Can.SEE_SALES, row=lambda shelf: shelf.suggestion),
    "insights:decision_evidence": Access(Can.SEE_SALES, row=lambda shelf: shelf.suggestion),
    "insights:decision_accept": Access(Can.DECIDE, "post", row=lambda shelf: shelf.suggestion),
    "insights:decision_dismiss": Access(Can.DECIDE, "post", row=lambda shelf: shelf.suggestion),
    "insights:decision_snooze": Access(Can.DECIDE, "post", row=lambda shelf: shelf.suggestion),
    "insights:decision_undo": Access(Can.DECIDE, "post", row=lambda shelf: shelf.suggestion),
    # markdowns
    "insights:markdown_list": Access(Can.SEE_STOCK),
    "insights:markdown_stickers": Access(Can.SEE_STOCK),
    "insights:markdown_mark": Access(Can.DECIDE, "post", data={"lot": "0", "price": "1.00", "quantity": "1"}),
    "insights:markdown_mark_all": Access(Can.DECIDE, "post"),
    "insights:markdown_back": Access(Can.DECIDE, "post", row=lambda shelf: shelf.advised.lot_price),
    # orders to suppliers
    "insights:order_list": Access(Can.SEE_STOCK),
    "insights:order_detail": Access(Can.SEE_STOCK, row=lambda shelf: shelf.order),
    "insights:order_start": Access(Can.DECIDE, "post"),
    "insights:order_add": Access(Can.DECIDE, "post", row=lambda shelf: shelf.order),
    "insights:order_line": Access(Can.DECIDE, "post", row=lambda shelf: shelf.order_line, data={"quantity": "6"}),
    "insights:order_approve": Access(Can.DECIDE, "post", row=lambda shelf: shelf.order),
    "insights:order_send": Access(Can.DECIDE, "post", row=lambda shelf: shelf.order, data={"do": "by_hand"}),
    "insights:order_cancel": Access(Can.DECIDE, "post", row=lambda shelf: shelf.order),
    # stock
    "insights:inventory": Access(Can.SEE_STOCK),
    "insights:below_zero": Access(Can.SEE_STOCK),
    "insights:stock_home": Access(Can.SEE_STOCK),
    "insights:stock_receive": Access(Can.EDIT_STOCK, "post", form=True),
    "insights:stock_order": Access(Can.EDIT_STOCK, row=lambda shelf: shelf.order),
    "insights:stock_count": Access(Can.EDIT_STOCK, "post", form=True),
    "insights:stock_waste": Access(Can.EDIT_STOCK, "post", form=True),
    "insights:stock_transfer": Access(Can.EDIT_STOCK, "post", form=True),
    "insights:stock_undo": Access(Can.EDIT_STOCK, "post", row=lambda shelf: shelf.movement),
    "insights:missing_data": Access(Can.EDIT_PRODUCTS),
    # shifts
    "insights:shift_list": Access(Can.SEE_SHIFTS),
    "insights:shift_detail": Access(Can.SEE_SHIFTS, row=lambda shelf: shelf.selling.shift),
    "insights:shift_open": Access(Can.USE_TILL, "post", form=True),
    "insights:shift_close": Access(Can.USE_TILL, "post", row=lambda shelf: shelf.selling.shift, form=True),
    "insights:shift_cash": Access(Can.USE_TILL, "post", row=lambda shelf: shelf.selling.shift),
    # models
    "insights:model_list": Access(Can.CHANGE_SETTINGS),
    "insights:model_new": Access(
        Can.CHANGE_SETTINGS, "post", data={"kind": "gemini", "key": "a-key-of-gemini", "name": "Second"}, form=True
    ),
    "insights:model_limit": Access(Can.CHANGE_SETTINGS, "post", data={"monthly_limit": "7.50"}),
    "insights:model_edit": Access(
        Can.CHANGE_SETTINGS,
        "post",
        row=lambda shelf: shelf.model_access,
        data={"name": "Gemini", "model": "gemini-2.5-pro"},
        form=True,
    ),
    "insights:model_use": Access(
        Can.CHANGE_SETTINGS, "post", row=lambda shelf: shelf.model_access, data={"active": "0"}
    ),
    "insights:model_up": Access(Can.CHANGE_SETTINGS, "post", row=lambda shelf: shelf.model_access),
    "insights:model_try": Access(Can.CHANGE_SETTINGS, "post", row=lambda shelf: shelf.model_access),
    "insights:model_remove": Access(Can.CHANGE_SETTINGS, "post", row=lambda shelf: shelf.model_access),
    "insights:llm_call_list": Access(Can.CHANGE_SETTINGS),
    "insights:llm_call_detail": Access(Can.CHANGE_SETTINGS, row=lambda shelf: shelf.model_call),
    # the ground floor
    "shop:home": Access(MEMBER),
    "shop:shop_settings": Access(Can.CHANGE_SETTINGS),
    "shop:takeout": Access(Can.CHANGE_SETTINGS),
    "shop:takeout_ask": Access(Can.CHANGE_SETTINGS, "post"),
    # the shelf's link has no key, and its file was never made
    "shop:takeout_file": Access(Can.CHANGE_SETTINGS, row=lambda shelf: shelf.imported.download, unready=True),
    "shop:member_list": Access(Can.MANAGE_MEMBERS),
    "shop:member_invite": Access(
        Can.MANAGE_MEMBERS, "post", data={"email": "new@shops.example", "role": "clerk"}, form=True
    ),
    "shop:member_role": Access(Can.MANAGE_MEMBERS, "post", row=lambda shelf: shelf.member, data={"role": "cashier"}),
    "shop:member_remove": Access(Can.MANAGE_MEMBERS, "post", row=lambda shelf: shelf.member),
    "shop:invitation_withdraw": Access(Can.MANAGE_MEMBERS, "post", row=lambda shelf: shelf.invitation),
    "shop:till_list": Access(Can.CHANGE_SETTINGS),
    "shop:till_add": Access(Can.CHANGE_SETTINGS, "post", data={"branch": "0", "name": "Till 9"}),
    "shop:till_rules": Access(Can.CHANGE_SETTINGS, "post", data={"cash_rounding": "0.05"}),
    "shop:till_connect": Access(Can.CHANGE_SETTINGS, "post", row=lambda shelf: shelf.selling.register),
    "shop:device_key": Access(Can.CHANGE_SETTINGS, "post", row=lambda shelf: shelf.selling.device),
    "shop:device_end": Access(Can.CHANGE_SETTINGS, "post", row=lambda shelf: shelf.selling.device),
    "shop:import_list": Access(Can.IMPORT),
    "shop:import_new": Access(Can.IMPORT),
    "shop:import_kinds": Access(Can.IMPORT),
    "shop:import_template": Access(Can.IMPORT, unready=True),  # without a kind there is no file
    "shop:import_detail": Access(Can.IMPORT, row=lambda shelf: shelf.imported.imported),
    "shop:import_map": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.matching, data={"c0": "sku"}),
    "shop:import_steps": Access(Can.IMPORT, row=lambda shelf: shelf.imported.matching),
    "shop:import_proposal": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.matching, unready=True),
    "shop:import_read": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.matching),
    "shop:import_check": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.matching),
    "shop:import_fix": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.matching, unready=True),
    "shop:import_rows": Access(Can.IMPORT, row=lambda shelf: shelf.imported.matching),
    "shop:import_again": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.imported),
    "shop:import_go": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.matching, unready=True),
    "shop:import_cancel": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.matching),
    "shop:import_drop": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.matching),
    "shop:import_undo": Access(Can.IMPORT, row=lambda shelf: shelf.imported.imported),
    "shop:import_refused": Access(Can.IMPORT, row=lambda shelf: shelf.imported.imported, unready=True),
    # feeds
    "shop:feed_list": Access(Can.IMPORT),
    "shop:feed_new": Access(Can.IMPORT),
    "shop:feed_detail": Access(Can.IMPORT, row=lambda shelf: shelf.imported.feed),
    "shop:feed_change": Access(Can.IMPORT, row=lambda shelf: shelf.imported.feed, unready=True),  # folders are off
    "shop:feed_look": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.feed),
    "shop:feed_switch": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.feed, data={"on": "1"}),
    "shop:feed_remove": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.feed),
    "shop:feed_file_again": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.feed_file),
    "shop:feed_file_leave": Access(Can.IMPORT, "post", row=lambda shelf: shelf.imported.feed_file),
    "shop:job_events": Access(Can.IMPORT, row=lambda shelf: shelf.job),  # an import's; each kind has its own
}

OUTSIDE: dict[str, Access] = {
    "landing": Access(ANYBODY),
    "healthz": Access(ANYBODY),
    "readyz": Access(ANYBODY),
    "join": Access(ANYBODY),
    "decision_link": Access(ANYBODY),
    "brief_off": Access(ANYBODY),
    "start": Access(SIGNED_IN),
    "shop_list": Access(SIGNED_IN),
}

# A model in the shop's admin: what looking at it needs, and what changing it needs (None: nobody does it there).
ADMIN: dict[str, tuple[Can, Can | None]] = {
    "shop.branch": (Can.SEE_STOCK, Can.CHANGE_SETTINGS),
    "shop.register": (Can.SEE_STOCK, Can.CHANGE_SETTINGS),
    "shop.schedule": (Can.CHANGE_SETTINGS, Can.CHANGE_SETTINGS),
    "inventory.category": (Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS),
    "inventory.taxrate": (Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS),
    "inventory.supplier": (Can.SEE_STOCK, Can.EDIT_PRODUCTS),
    "inventory.product": (Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS),
    "inventory.pricechange": (Can.SEE_PRODUCTS, None),
    "inventory.shelfprice": (Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS),
    "inventory.barcoderule": (Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS),
    "inventory.pricepolicy": (Can.SEE_COST, Can.EDIT_PRODUCTS),
    "inventory.pricetie": (Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS),
    "inventory.competitor": (Can.SEE_SALES, Can.EDIT_PRODUCTS),
    "inventory.competitoritem": (Can.SEE_SALES, Can.EDIT_PRODUCTS),
    "inventory.competitorprice": (Can.SEE_SALES, Can.EDIT_PRODUCTS),
    "inventory.lot": (Can.SEE_STOCK, Can.EDIT_STOCK),
    "inventory.stocklevel": (Can.SEE_STOCK, None),
    "inventory.stockmovement": (Can.SEE_STOCK, Can.EDIT_STOCK),
    "inventory.minimumstock": (Can.SEE_STOCK, Can.EDIT_STOCK),
    "inventory.purchaseorder": (Can.SEE_STOCK, None),
    "customers.customer": (Can.SEE_CUSTOMERS, Can.EDIT_CUSTOMERS),
    "customers.review": (Can.SEE_CUSTOMERS, Can.EDIT_CUSTOMERS),
    "sales.sale": (Can.SEE_SALES, Can.EDIT_SALES),
    "sales.promotion": (Can.SEE_PRODUCTS, Can.EDIT_PRODUCTS),
    "sales.shift": (Can.SEE_SALES, None),
}
