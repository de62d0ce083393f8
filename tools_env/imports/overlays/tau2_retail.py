"""What τ²-bench's retail domain does not say of itself."""

import datetime

from tools_env.imports.overlay import Overlay
from tools_env.invented import ADDRESSES
from tools_env.rules import authenticated_by, usual_conduct
from tools_env.values import Meaning

_ADDRESS = "{address1}, {address2}, {city}, {state} {zip}, {country}"
_MOVING = ("modify_pending_order_address", "modify_user_address")
_DIFFERENCE = "and settle the difference with {payment_method_id}"

OVERLAY = Overlay(
    now=datetime.date(2024, 5, 15),
    person="users",
    knows={"email": "email", "first_name": "name.first_name", "last_name": "name.last_name", "zip": "address.zip"},
    meanings={f"{tool}.{part}": Meaning("contact", part, paired="address") for tool in _MOVING for part in ADDRESSES},
    pools=ADDRESSES,
    ask={
        "cancel_pending_order": 'cancel {order_id} with the reason "{reason}"',
        "modify_pending_order_address": f"have {{order_id}} sent to {_ADDRESS}",
        "modify_user_address": f"change my default address to {_ADDRESS}",
        "modify_pending_order_payment": "pay for {order_id} with {payment_method_id} instead",
        "modify_pending_order_items": f"change {{item_ids}} in {{order_id}} to {{new_item_ids}} {_DIFFERENCE}",
        "return_delivered_order_items": "return {item_ids} from {order_id} and get the money on {payment_method_id}",
        "exchange_delivered_order_items": f"exchange {{item_ids}} from {{order_id}} for {{new_item_ids}} {_DIFFERENCE}",
    },
    texts={
        "1": "The user is found by email, or by name and zip code, before anything else.",
        "2": "One user is served in a conversation.",
        "3": "Every change is listed in detail and confirmed before it is made.",
        "4": "One tool call at a time, and no words beside it.",
    },
    conduct=(
        authenticated_by("1", "find_user_id_by_email", "find_user_id_by_name_zip"),
        *usual_conduct("2", "3", "4", alone=True),
    ),
)
