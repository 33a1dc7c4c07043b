"""What the sample company is: legal entities, currencies, countries, departments, chart of accounts, tax rates.

Belongs here: facts that no seed changes. Does not: anything drawn or counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipelines.sample.arrays import Ints, day_number

CURRENCIES = ("EUR", "SEK", "GBP", "USD", "NOK", "DKK")
EUR, SEK, GBP, USD, NOK, DKK = range(6)
REPORTING = EUR
BASE_RATES = (1.0, 0.0880, 1.1650, 0.9200, 0.0860, 0.1341)  # euro per unit at the start of the window


@dataclass(frozen=True, slots=True)
class LegalEntity:
    code: str
    name: str
    currency: int
    country: str
    size: float  # share of the group's customers, people and bills


ENTITIES = (
    LegalEntity("FI01", "Aurelle Instruments Oy", EUR, "FI", 0.48),
    LegalEntity("SE01", "Aurelle Instruments AB", SEK, "SE", 0.29),
    LegalEntity("GB01", "Aurelle Instruments Ltd", GBP, "GB", 0.23),
)
FI01, SE01, GB01 = range(3)
ENTITY_CURRENCY: Ints = np.array([entity.currency for entity in ENTITIES], dtype=np.int64)

REGIONS = ("North", "East", "Central", "West")


@dataclass(frozen=True, slots=True)
class Country:
    code: str
    name: str
    region: int
    currency: int
    legal_forms: tuple[str, str]  # as registered, as others like to write it


COUNTRIES = (
    Country("FI", "Finland", 0, EUR, ("Oy", "Oyj")),
    Country("SE", "Sweden", 0, SEK, ("AB", "Aktiebolag")),
    Country("GB", "United Kingdom", 3, GBP, ("Ltd", "Limited")),
    Country("NO", "Norway", 0, NOK, ("AS", "A/S")),
    Country("DK", "Denmark", 0, DKK, ("ApS", "Aps.")),
    Country("EE", "Estonia", 1, EUR, ("OÜ", "OU")),
    Country("PL", "Poland", 1, EUR, ("Sp. z o.o.", "Spółka z o.o.")),
    Country("DE", "Germany", 2, EUR, ("GmbH", "G.m.b.H.")),
    Country("NL", "Netherlands", 2, EUR, ("B.V.", "BV")),
    Country("IE", "Ireland", 3, EUR, ("Ltd", "Limited")),
    Country("FR", "France", 3, EUR, ("SARL", "S.A.R.L.")),
    Country("US", "United States", 3, USD, ("Inc", "Incorporated")),
)
COUNTRY_CODES = tuple(country.code for country in COUNTRIES)
# Where each entity's customers sit: country index -> share.
CUSTOMER_COUNTRIES: tuple[dict[int, float], ...] = (
    {0: 0.62, 5: 0.10, 6: 0.06, 7: 0.10, 8: 0.05, 11: 0.07},
    {1: 0.62, 3: 0.16, 4: 0.13, 7: 0.05, 6: 0.04},
    {2: 0.68, 9: 0.12, 10: 0.08, 11: 0.12},
)

SEGMENTS = ("Enterprise", "Mid-market", "Small business")
INDUSTRIES = (
    "Manufacturing",
    "Energy",
    "Forestry",
    "Marine",
    "Food",
    "Healthcare",
    "Construction",
    "Logistics",
    "Mining",
)
CHANNELS = ("direct", "web", "partner", "intercompany")
DIRECT, WEB, PARTNER, INTERCOMPANY = range(4)

DEPARTMENTS = (
    ("SAL", "Sales", "Petra Koivisto"),
    ("MKT", "Marketing", "Jonas Ekdahl"),
    ("SRV", "Services", "Hannah Whitfield"),
    ("OPS", "Operations", "Mikael Sandberg"),
    ("PRD", "Product", "Aino Rautio"),
    ("ADM", "Administration", "Graham Pell"),
)
SAL, MKT, SRV, OPS, PRD, ADM = range(6)
NO_DEPARTMENT = -1


def cost_centre_code(entity: int, department: int) -> str:
    return f"{ENTITIES[entity].code[:2]}-{DEPARTMENTS[department][0]}"


@dataclass(frozen=True, slots=True)
class BankAccount:
    code: str
    entity: int
    name: str
    account: int
    opening: int  # cents of local currency, at scale 1


BANKS = (
    BankAccount("FI21-OPER", FI01, "Aurelle Oy operating account", 1910, 240_000_000),
    BankAccount("FI47-COLL", FI01, "Aurelle Oy collections account", 1915, 30_000_000),
    BankAccount("SE35-OPER", SE01, "Aurelle AB företagskonto", 1910, 1_400_000_000),
    BankAccount("GB29-OPER", GB01, "Aurelle Ltd business account", 1910, 95_000_000),
)
OPERATING_BANK: Ints = np.array([0, 2, 3], dtype=np.int64)
COLLECTION_BANK: Ints = np.array([1, 2, 3], dtype=np.int64)

OPERATING, COLLECTING = 1910, 1915
INVENTORY, DELIVERED, INPUT_VAT, PREPAID = 1400, 1450, 1650, 1700
EQUIPMENT, ACCUMULATED_DEPRECIATION = 1100, 1190
RECEIVABLES, IC_RECEIVABLES, ALLOWANCE = 1500, 1510, 1590
SHARE_CAPITAL, RETAINED_EARNINGS = 2000, 2090
PAYABLES, IC_PAYABLES, RECEIVED = 2400, 2410, 2450
OUTPUT_VAT, PAYROLL_TAX, INCOME_TAX_PAYABLE, SALARIES_PAYABLE, LOANS = 2500, 2510, 2520, 2600, 2700
SALES_GOODS, SALES_SERVICES, SALES_SUBSCRIPTIONS, SALES_LICENCES, SALES_FREIGHT, SALES_IC = (
    3000,
    3010,
    3020,
    3030,
    3040,
    3900,
)
COST_GOODS, COST_SERVICES, COST_SUBSCRIPTIONS, COST_IC = 4000, 4010, 4020, 4900
CARRIAGE, DISCOUNTS_GRANTED = 5000, 5010
ADVERTISING, EVENTS = 6000, 6010
SALARIES, SOCIAL_COSTS, ABSORBED = 7000, 7010, 7900
RENT, HOSTING, TRAVEL, PROFESSIONAL, OFFICE, INSURANCE, BAD_DEBTS, BANK_CHARGES = (
    8000,
    8010,
    8020,
    8030,
    8040,
    8050,
    8060,
    8070,
)
DISCOUNTS_RECEIVED, GROUP_CHARGES, STOCK_DIFFERENCES = 8080, 8090, 8095
SUSPENSE = 9990
DEPRECIATION, INTEREST, EXCHANGE, INCOME_TAX = 8500, 9000, 9100, 9200

# Account number, name, class as the ERP writes it (mapped to account types in mappings/sample_erp.yaml), control of.
CHART: tuple[tuple[int, str, str, str], ...] = (
    (1100, "Machinery and equipment", "FIXED ASSET", ""),
    (1190, "Accumulated depreciation", "ACCUM DEPR", ""),
    (1400, "Inventory", "INVENTORY", "STOCK"),
    (1450, "Goods delivered, not invoiced", "GDNI", ""),
    (1500, "Trade receivables", "A/R", "AR"),
    (1510, "Intercompany receivables", "A/R IC", "AR"),
    (1590, "Allowance for doubtful receivables", "OTH CURR ASSET", ""),
    (1650, "Input VAT", "TAX REC", ""),
    (1700, "Prepaid expenses", "PREPAID", ""),
    (1910, "Bank, operating account", "BANK", "BANK"),
    (1915, "Bank, collections account", "BANK", "BANK"),
    (2000, "Share capital", "CAPITAL", ""),
    (2090, "Retained earnings", "RETAINED", ""),
    (2400, "Trade payables", "A/P", "AP"),
    (2410, "Intercompany payables", "A/P IC", "AP"),
    (2450, "Goods received, not invoiced", "ACCRUED", ""),
    (2500, "Output VAT", "TAX PAY", ""),
    (2510, "Payroll tax and social contributions", "TAX PAY", ""),
    (2520, "Income tax payable", "TAX PAY", ""),
    (2600, "Salaries payable", "PAYROLL PAY", "PAYROLL"),
    (2700, "Bank loans", "LOAN", ""),
    (3000, "Sales, goods", "REVENUE", ""),
    (3010, "Sales, services", "REVENUE", ""),
    (3020, "Sales, subscriptions", "REVENUE", ""),
    (3030, "Sales, licences", "REVENUE", ""),
    (3040, "Freight charged", "REVENUE", ""),
    (3900, "Intercompany sales", "REVENUE IC", ""),
    (4000, "Cost of goods sold", "COS", ""),
    (4010, "Cost of services", "COS", ""),
    (4020, "Cost of subscriptions", "COS", ""),
    (4900, "Intercompany cost of sales", "COS IC", ""),
    (5000, "Carriage outwards", "SELLING", ""),
    (5010, "Cash discounts granted", "SELLING", ""),
    (6000, "Advertising", "MARKETING", ""),
    (6010, "Events and agencies", "MARKETING", ""),
    (7000, "Salaries", "PAYROLL", ""),
    (7010, "Social contributions", "PAYROLL", ""),
    (7900, "Labour and hosting absorbed in cost of sales", "ABSORPTION", ""),
    (8000, "Rent", "OPEX", ""),
    (8010, "Hosting and software", "OPEX", ""),
    (8020, "Travel", "OPEX", ""),
    (8030, "Professional fees", "OPEX", ""),
    (8040, "Office and supplies", "OPEX", ""),
    (8050, "Insurance", "OPEX", ""),
    (8060, "Doubtful receivables", "OPEX", ""),
    (8070, "Bank charges", "OPEX", ""),
    (8080, "Cash discounts received", "OPEX", ""),
    (8090, "Group management charges", "OPEX", ""),
    (8095, "Stock count differences", "OPEX", ""),
    (8500, "Depreciation", "DEPRECIATION", ""),
    (9000, "Interest", "INTEREST", ""),
    (9100, "Exchange gains and losses", "FX", ""),
    (9200, "Income tax", "TAX EXP", ""),
    (9990, "Suspense", "SUSPENSE", ""),
)

FINNISH_VAT_CHANGE = day_number(date(2024, 9, 1))  # from 24 % to 25.5 %


def vat_permille(entity: Ints, day: Ints) -> Ints:
    """Domestic VAT in thousandths on each day."""
    finnish = np.where(np.asarray(day) >= FINNISH_VAT_CHANGE, 255, 240)
    return np.select([entity == FI01, entity == SE01], [finnish, np.full_like(finnish, 250)], 200)
