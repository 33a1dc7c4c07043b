"""The parameters behind the random processes, for tests that try to find them again from the exports.

Belongs here: one dictionary. Does not: anything estimated.
"""

from __future__ import annotations

from typing import Any

from pipelines.sample import collecting, demand, disputing, dunning, funnel, people, purchasing, rates, selling
from pipelines.sample import customers as buyers
from pipelines.sample.arrays import day_date
from pipelines.sample.catalogue import PRICE_RISE
from pipelines.sample.company import CURRENCIES
from pipelines.sample.invoicing import REBATED, RETURNED
from pipelines.sample.world import World


def parameters(world: World) -> dict[str, Any]:
    return {
        "seed": world.masters.draws.seed,
        "scale": f"{world.masters.scale:g}",
        "first_day": day_date(world.masters.window.first).isoformat(),
        "until": day_date(world.masters.window.last).isoformat(),
        "goods_orders": {
            "model": "BG/NBD, time in weeks from the day a customer was won (customers.csv); weekends move to Monday; "
            "customers won before first_day have earlier orders that are not in the exports",
            "r": demand.ORDER_R,
            "alpha": demand.ORDER_ALPHA,
            "a": demand.LEAVE_A,
            "b": demand.LEAVE_B,
        },
        "goods_order_value": {
            "model": "gamma-gamma in euro before whole quantities and prices; times the season of the month",
            "p": buyers.SPEND_SHAPE,
            "q": buyers.SPEND_MIX,
            "v": buyers.SPEND_SCALE,
        },
        "season_of_month": [float(value) for value in demand.SEASON],
        "plans": {"model": "shifted beta-geometric, one renewal a month", "a": demand.MONTHLY_A, "b": demand.MONTHLY_B},
        "licences": {"model": "shifted beta-geometric, one renewal a year", "a": demand.YEARLY_A, "b": demand.YEARLY_B},
        "days_late": {
            "model": "gamma with the mean of the habit (times a lognormal factor, sigma 0.25) and its shape, "
            "then the customer's weekday; prompt customers two days earlier",
            "habits": {
                name: {"share": share, "mean": mean, "shape": shape}
                for name, (share, mean, shape) in buyers.HABITS.items()
            },
            "never_paid_share": collecting.NEVER_PAID,
            "partial_share": collecting.PARTIAL_SHARE,
            "discount": {
                "percent": collecting.DISCOUNT_PERCENT,
                "days": collecting.DISCOUNT_DAYS,
                "taken": collecting.DISCOUNT_TAKEN,
            },
            "on_account_share": collecting.ON_ACCOUNT,
        },
        "disputes": {
            "model": "begin before the first payment, end with a credit note or after days drawn evenly; then paid",
            "share": disputing.DISPUTED,
            "share_of_those_credited": disputing.DISPUTED_BEFORE_CREDIT,
            "lasts_days": list(disputing.LASTS_DAYS),
        },
        "reminders": {
            "model": "an invoice open on the first Tuesday on or after a step's day overdue is reminded with the share "
            "`sent`, by lot; of those reminded the share `swayed` pays within 13 days if it would not have anyway; "
            "none in the first `begin_after_days` of the window",
            "begin_after_days": dunning.BEGIN_AFTER_DAYS,
            "from_days_overdue": list(dunning.FROM_DAYS),
            "sent": dunning.SENT,
            "swayed": list(dunning.SWAYED),
            "promised_from_second_step": dunning.PROMISED,
            "kept": dunning.KEPT,
        },
        "customers": {
            "years_before": buyers.YEARS_BEFORE,
            "growth_of_new_customers": buyers.CUSTOMER_GROWTH,
            "terms_days": {str(days): share for days, share in buyers.TERMS.items()},
        },
        "prices": {
            "rise_each_january": PRICE_RISE,
            "cost_inflation": purchasing.COST_INFLATION,
            "pay_rise_permille": people.PAY_RISE_PERMILLE,
        },
        "deals": {
            "median_cycle_days": dict(zip(("new_business", "expansion", "renewal"), funnel.CYCLE_DAYS, strict=True)),
            "lost_per_won": funnel.LOST_PER_WON,
            "orders_that_name_their_deal": funnel.DEAL_REF_KEPT,
        },
        "deliveries": {"cancelled": selling.CANCELLED, "backordered": selling.BACKORDERED, "split": selling.SPLIT},
        "credit_notes": {"returned": RETURNED, "rebated": REBATED},
        "exchange_rates": {"daily_volatility": rates.DAILY_VOLATILITY, "currencies": list(CURRENCIES)},
    }
