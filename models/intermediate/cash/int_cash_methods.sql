-- One row per method of the cash projection, and which one is chosen: payment_history unless due dates did better with open
-- receivables and payables over the first four weeks of the backtest. Without a backtest there is no history to go by.
with accuracy as (select * from {{ ref('int_cash_accuracy') }}),

methods as (
    select names.method
    from (values ('due_date'), ('payment_history')) as names (method)
),

errors as (
    select
        method,
        sum(abs(projected - actual)) as absolute_error
    from accuracy
    where layer in ('receivables', 'payables') and week_no < 4
    group by method
),

compared as (
    select
        max(case when method = 'due_date' then absolute_error end) as due_date_error,
        max(case when method = 'payment_history' then absolute_error end) as payment_history_error
    from errors
)

select
    methods.method,
    methods.method = case
        when compared.payment_history_error <= compared.due_date_error then 'payment_history'
        else 'due_date'
    end as is_chosen
from methods
cross join compared
