select check_name from {{ ref('fct_close_checks') }} where check_name = 'cash_ties' and status = 'difference'
