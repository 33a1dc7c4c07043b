-- A returned row is a month and deal whose opening amount and movements do not give its closing amount.
select
    month_on,
    deal_id,
    opening_rpt,
    created_rpt,
    reopened_rpt,
    amount_change_rpt,
    won_rpt,
    lost_rpt,
    merged_rpt,
    deleted_rpt,
    closing_rpt
from {{ ref('fct_pipeline_waterfall') }}
where opening_rpt + created_rpt + reopened_rpt + amount_change_rpt + won_rpt + lost_rpt + merged_rpt + deleted_rpt <> closing_rpt
