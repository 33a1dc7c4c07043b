"""What is true of purchases that are still to come: what is on order at the window's end, and when its bill will come.

Belongs here: the generator's own days and amounts of the future, in whole numbers. Does not: any model.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample import company as c
from pipelines.sample.arrays import half_up, sum_by
from pipelines.sample.columns import currencies, days, entities, money, numbers
from pipelines.sample.world import World


def open_purchase_orders(world: World) -> pl.DataFrame:
    """One row per purchase order that has not arrived by the window's end: what it comes to, before and with tax, and
    when it arrives, is billed and falls due."""
    vendors, purchases = world.masters.vendors, world.events.purchases
    heads = purchases.purchase_orders.filter(pl.col("received") > world.masters.window.last)
    lines = purchases.purchase_lines.filter(pl.col("received") > world.masters.window.last)
    entity, vendor, billed = (heads[name].to_numpy() for name in ("entity", "vendor", "billed"))
    home = np.array([c.COUNTRY_CODES.index(unit.country) for unit in c.ENTITIES])
    permille = np.where(vendors.country[vendor] == home[entity], c.vat_permille(entity, billed), 0)
    at = np.searchsorted(heads["purchase"].to_numpy(), lines["purchase"].to_numpy())
    net = lines["net"].to_numpy()
    tax = half_up(net * permille[at], 1000)
    return pl.DataFrame(
        {
            "purchase_order_no": heads["number"],
            "entity_id": entities(entity),
            "vendor_no": numbers(vendor, vendors.number),
            "ordered_on": days(heads["ordered"]),
            "promised_on": days(heads["promised"]),
            "arrives_on": days(heads["received"]),
            "billed_on": days(billed),
            "due_on": days(billed + vendors.terms[vendor]),
            "currency": currencies(heads["currency"]),
            "net_doc": money(sum_by(at, net, heads.height)),
            "gross_doc": money(sum_by(at, net + tax, heads.height)),
        }
    ).sort("purchase_order_no")
