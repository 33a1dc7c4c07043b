"""What charts of accounts call the account types. Plain data, for drafting a classification and for nothing else.

The first pattern that begins a word wins, so the particular stands before the general.
"""

from __future__ import annotations

NAME_WORDS: tuple[tuple[str, str], ...] = (
    (r"accumulated (?:depreciation|amorti)|allowance for depreciation", "accumulated_depreciation"),
    (r"depreciation|amorti[sz]ation", "depreciation"),
    (r"(?:inter ?company|group|due from (?:group|affiliates?)).*(?:receivables?)", "intercompany_receivable"),
    (r"due from affiliates?", "intercompany_receivable"),
    (r"(?:inter ?company|group).*(?:payables?)|due to affiliates?", "intercompany_payable"),
    (r"(?:inter ?company|group) (?:sales|revenue|income)", "intercompany_revenue"),
    (r"(?:inter ?company|group) (?:cost|purchases)", "intercompany_cost"),
    (r"goods delivered|delivered not invoiced", "goods_delivered_not_invoiced"),
    (r"goods received|received not invoiced|accrued|accruals?", "accrued"),
    (r"cash in transit|undeposited funds|payments? clearing|bank clearing", "cash_clearing"),
    (r"suspense|clearing|unallocated|uncategori[sz]ed", "suspense"),
    (r"deferred (?:revenue|income)|unearned (?:revenue|income)|customer deposits?", "deferred_revenue"),
    (r"contract liabilit", "deferred_revenue"),
    (r"prepaid|prepayments?", "prepaid"),
    (r"retained earnings|accumulated (?:profit|deficit|results?)|dividends?", "retained_earnings"),
    (r"current (?:year )?earnings|current retained earnings|result for the (?:year|period)", "current_earnings"),
    (r"share capital|common stock|paid ?in capital|additional paid|partner capital|owners? equity", "share_capital"),
    (r"(?:income|corporate|corporation) tax (?:payable|liabilit)", "tax_payable"),
    (r"(?:output )?(?:vat|sales tax|gst)(?: payable)?$", "tax_payable"),
    (r"(?:payroll|withholding) tax(?:es)? (?:payable|and)|output vat", "tax_payable"),
    (r"input vat|(?:vat|tax|gst) receivable|deferred tax(?:es)?$", "tax_receivable"),
    (r"income tax(?:es)?|corporation tax|^tax(?:es)?$", "income_tax"),
    (r"salar(?:y|ies) payable|wages payable|payroll (?:payable|liabilit)", "payroll_payable"),
    (r"trade receivables?|accounts? receivable|debtors", "receivable"),
    (r"trade payables?|accounts? payable|creditors", "payable"),
    (r"bank loans?|loans?|mortgage|notes? payable|long term debt|borrowings?|overdraft", "loan"),
    (r"bank charges|bank fees", "operating_expense"),
    (r"petty cash|cash|bank|che(?:ck|que)ing|savings", "bank"),
    (r"inventor(?:y|ies)|raw materials?|finished goods|work in pro(?:gress|cess)|stock on hand", "inventory"),
    (r"merchandise", "inventory"),
    (r"cost of (?:sales|goods|services|subscriptions|revenue)|cogs|standard cost", "cost_of_sales"),
    (r"(?:exchange|currency|fx|xchg) (?:gain|loss|difference)|curr xchg|foreign exchange", "exchange_gain_loss"),
    (r"interest (?:income|received|earned)", "interest_income"),
    (r"interest", "interest"),
    (r"(?:gain|loss).*(?:disposal|sales? of (?:fixed )?assets?)", "asset_disposal_gain_loss"),
    (r"other income|miscellaneous income", "other_income"),
    (r"(?:cash )?discounts? (?:granted|given|allowed)|sales commissions?", "variable_selling_expense"),
    (r"carriage outwards?|freight out|shipping cost", "variable_selling_expense"),
    (r"advertis|marketing|events?|campaigns?|trade fairs?", "marketing_expense"),
    (r"salar(?:y|ies)|wages|payroll|social (?:security|contributions|costs)|pension cost", "payroll_expense"),
    (r"employee benefits", "payroll_expense"),
    (r"sales|revenue|turnover|fees earned|services? income", "revenue"),
    (r"equipment|machinery|buildings?|vehicles?|furniture|land|leasehold|fixed assets?", "fixed_asset"),
    (r"construction in progress", "fixed_asset"),
    (r"rent|hosting|software|travel|professional fees|office|insurance|utilities|telephone", "operating_expense"),
    (r"supplies|legal|audit|repairs?", "operating_expense"),
)  # fmt: skip

TYPE_WORDS: tuple[tuple[str, str], ...] = (
    (r"accounts receivable|a/r", "receivable"),
    (r"accounts payable|a/p", "payable"),
    (r"bank|cash", "bank"),
    (r"credit card", "other_liability"),
    (r"fixed asset", "fixed_asset"),
    (r"other current asset|current asset|other asset", "other_current_asset"),
    (r"long term liabilit", "loan"),
    (r"other current liabilit|current liabilit|liabilit", "other_liability"),
    (r"equity", "retained_earnings"),
    (r"cost of (?:goods|sales)|cos\b|cogs", "cost_of_sales"),
    (r"other income", "other_income"),
    (r"income|revenue", "revenue"),
    (r"other expense|expense|expenditures?", "operating_expense"),
)

#: The usual plan by first digit. Assets, liabilities and equity are too wide for one type: those are left to people.
NUMBER_RANGES: dict[str, str] = {
    "4": "revenue",
    "5": "cost_of_sales",
    "6": "operating_expense",
}
