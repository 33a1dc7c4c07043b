-- One row per task of the close: the query that lists its evidence, {entity}, {first} and {last} being the entity and the days
-- of the month. A task that is not here is a company's own, and has no list.
with checks as (
    select
        checks.task,
        'check_name = ''' || checks.check_name || '''' || checks.side as condition
    from (
        values
        ('journals_balance', 'journals_balance', ''),
        ('balance_sheet_balances', 'balance_sheet_balances', ''),
        ('receivables_tie_to_ledger', 'receivables_tie_to_ledger', ''),
        ('payables_tie_to_ledger', 'payables_tie_to_ledger', ''),
        ('stock_ties_to_ledger', 'stock_ties_to_ledger', ''),
        ('payroll_ties_to_ledger', 'payroll_ties_to_ledger', ''),
        ('cash_ties_to_bank', 'cash_ties_to_bank', ''),
        ('margins_tie_to_ledger_revenue', 'margins_tie_to_ledger_revenue', ''),
        ('margins_tie_to_ledger_cost', 'margins_tie_to_ledger_cost', ''),
        ('profit_rolls_to_retained_earnings', 'profit_rolls_to_retained_earnings', ''),
        ('cash_flow_indirect_ties', 'cash_flow_ties_to_cash', ' and left_label like ''%, indirect'''),
        ('cash_flow_direct_ties', 'cash_flow_ties_to_cash', ' and left_label like ''%, direct''')
    ) as checks (task, check_name, side)
),

lists as (
    select
        task,
        'finance.fct_close_checks' as relation,
        condition || ' and entity_id = {entity} and period_on = {first}' as condition
    from checks
    union all
    select
        lists.task,
        lists.relation,
        lists.condition
    from (
        values
        (
            'bank_reconciled', 'finance.fct_bank_reconciliation',
            'not is_matched and entity_id = {entity} and booked_on <= {last}'
        ),
        (
            'clearing_cleared', 'finance.fct_clearing_items',
            'account_type = ''cash_clearing'' and entity_id = {entity} and posted_on <= {last}'
            || ' and (cleared_on is null or cleared_on > {last})'
        ),
        (
            'suspense_cleared', 'finance.fct_clearing_items',
            'account_type = ''suspense'' and entity_id = {entity} and posted_on <= {last}'
            || ' and (cleared_on is null or cleared_on > {last})'
        ),
        (
            'accounts_classified', 'finance.trial_balance',
            'account_type = ''unclassified'' and closing_local <> 0 and entity_id = {entity} and period_on = {first}'
        ),
        (
            'rates_complete', 'operations.fct_held_rows',
            'reason = ''missing_rate'' and entity_id = {entity} and event_on between {first} and {last}'
        ),
        (
            'exceptions_reviewed', 'finance.fct_close_exceptions',
            'kind <> ''posting_in_locked_period'' and entity_id = {entity} and period_on between {first} and {last}'
        ),
        (
            'nothing_posted_after_lock', 'finance.fct_close_exceptions',
            'kind = ''posting_in_locked_period'' and entity_id = {entity} and period_on between {first} and {last}'
        ),
        (
            'period_locked', 'finance.fct_fiscal_periods',
            'entity_id = {entity} and period_on between {first} and {last}'
        ),
        (
            'board_pack_signed', 'finance.fct_close_notes',
            'kind = ''sign_off'' and entity_id = {entity} and month_on = {first}'
        ),
        (
            'intercompany_agreed', 'finance.fct_intercompany_pairs',
            '{entity} in (seller_entity_id, buyer_entity_id) and period_on = {first} order by status desc'
        ),
        (
            'intercompany_eliminated', 'finance.fct_intercompany_entries',
            'entity_id = {entity} and period_on = {first} order by partner_entity_id nulls first'
        )
    ) as lists (task, relation, condition)
)

select
    task,
    'select * from ' || relation || ' where ' || condition as list_query
from lists
