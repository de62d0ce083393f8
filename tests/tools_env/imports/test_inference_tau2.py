"""Meanings inferred for τ² domains, whose package is no part of this project, where it is installed."""

import importlib
import importlib.util
import inspect
from functools import cache

import pytest

from tests.tools_env.imports.inferring import feeds, kind, own, param, yields
from tools_env.imports.inference import Inferred, Signature, infer
from tools_env.imports.overlay import Overlay
from tools_env.tool import schema_of
from tools_env.values import Json

tau2 = pytest.mark.skipif(importlib.util.find_spec("tau2") is None, reason="tau2 is not installed")


@cache
def imported(domain: str, person: str) -> Inferred:
    environment = importlib.import_module(f"tau2.domains.{domain}.environment").get_environment()
    tables: dict[str, dict[str, dict[str, Json]]] = {}
    signatures: dict[str, Signature] = {}
    seen: dict[str, list[Json]] = {}
    for kit in filter(None, (environment.tools, environment.user_tools)):
        for table, rows in kit.db.model_dump(mode="json").items():
            listed = {str(next(iter(r.values()))): r for r in rows} if isinstance(rows, list) else rows
            tables[table] = listed if all(isinstance(r, dict) for r in listed.values()) else {table: listed}
        for name, tool in kit.get_tools().items():
            method = getattr(kit, name)
            writes = kit.tool_type(name).value == "write"
            signatures[name] = Signature(schema_of(tool.params), inspect.signature(method).return_annotation, writes)
            if not writes and not tool.params.model_fields:
                seen[name] = [environment.to_json_str(method())]
    return infer(tables, signatures, Overlay(person=person), seen)


def told(found: Inferred, tool: str) -> dict[str, str]:
    return {p.name: kind(p.meaning) for p in found.params(tool)}


@tau2
def test_tau2_retail():
    found = imported("retail", "users")
    items = {
        "order_id": "identifier orders",
        "item_ids": "identifier items",
        "payment_method_id": "identifier payment_methods",
    }
    assert told(found, "return_delivered_order_items") == items
    assert told(found, "exchange_delivered_order_items") == {**items, "new_item_ids": "identifier items"}
    paired = [p.meaning.paired for p in found.params("modify_pending_order_items")]
    assert paired == ["", "items", "items", ""]
    assert param(found, "cancel_pending_order", "reason").choices == ("no longer needed", "ordered by mistake")
    assert param(found, "get_user_details", "user_id").personal
    assert told(found, "get_product_details") == {"product_id": "identifier products"}
    assert told(found, "find_user_id_by_name_zip") == {"first_name": "text", "last_name": "text", "zip": "contact zip"}
    assert own(found, "get_user_details") == {"user_id", "payment_methods.*.id"}
    assert own(found, "get_order_details") == {"order_id", "items[].item_id"}
    assert own(found, "get_product_details") == {"product_id", "variants.*.item_id"}
    assert feeds(found, "get_user_details", "get_order_details") == {"order_id"}
    assert feeds(found, "list_all_product_types", "get_product_details") == {"product_id"}
    assert feeds(found, "find_user_id_by_email", "get_user_details") == {"user_id"}
    assert not any(feeds(found, "calculate", tool) for tool in ("get_order_details", "get_user_details"))
    assert kind(found.fields["orders/exchange_items"]) == "identifier items"
    assert kind(found.fields["orders/exchange_price_difference"]) == "amount"
    assert kind(found.fields["users/address.zip"]) == "contact zip"


@tau2
def test_tau2_airline():
    found = imported("airline", "users")
    assert told(found, "update_reservation_flights") == {
        "reservation_id": "identifier reservations",
        "cabin": "choice",
        "flights": "nested",
        "payment_id": "identifier payment_methods",
    }
    assert told(found, "search_direct_flight") == {"origin": "text", "destination": "text", "date": "date"}
    assert told(found, "get_flight_status") == {"flight_number": "identifier flights", "date": "date"}
    assert told(found, "send_certificate") == {"user_id": "identifier users", "amount": "amount"}
    assert param(found, "book_reservation", "insurance").choices == ("yes", "no")
    assert own(found, "search_onestop_flight") == {"[][].flight_number"}
    assert own(found, "get_reservation_details") == {"reservation_id", "flights[].flight_number"}
    assert yields(found, "search_direct_flight")["[].prices.*"] == "amount"
    assert yields(found, "search_direct_flight")["[].available_seats.*"] == "count"
    assert feeds(found, "get_user_details", "cancel_reservation") == {"reservation_id"}
    assert feeds(found, "get_user_details", "update_reservation_baggages") == {"reservation_id", "payment_id"}


@tau2
def test_tau2_telecom():
    found = imported("telecom", "customers")
    assert told(found, "refuel_data") == {
        "customer_id": "identifier customers",
        "line_id": "identifier lines",
        "gb_amount": "count",
    }
    assert told(found, "send_payment_request") == {"customer_id": "identifier customers", "bill_id": "identifier bills"}
    assert told(found, "get_customer_by_phone") == {"phone_number": "contact phone"}
    assert param(found, "set_network_mode_preference", "mode").choices[0] == "4g_5g_preferred"
    assert feeds(found, "get_customer_by_phone", "suspend_line") == {"customer_id", "line_id"}
    assert kind(found.fields["bills/total_due"]) == "amount"


@tau2
def test_tau2_mock():
    found = imported("mock", "users")
    assert told(found, "update_task_status") == {"task_id": "identifier tasks", "status": "choice"}
    assert feeds(found, "get_users", "update_task_status") == {"task_id"}
