-- A returned row is a month and deal whose amount due at the start and movements do not give what is still due at the end.
select
    month_on,
    deal_id,
    opening_rpt,
    closing_rpt
from {{ ref('fct_pipeline_due_waterfall') }}
where
    opening_rpt + created_rpt + reopened_rpt + pulled_in_rpt + amount_change_rpt
    + won_rpt + lost_rpt + pushed_out_rpt + merged_rpt + deleted_rpt <> closing_rpt
