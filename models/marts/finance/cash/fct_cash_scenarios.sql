-- One row per edit of each scenario, in the order in which edits are applied, with what it finds to change today: an edit whose
-- customer, vendor, deal or document has nothing open any more changes nothing, and says so.
with edits as (select * from {{ ref('int_cash_scenario_edits') }}),

lines as (select * from {{ ref('int_cash_lines') }} where scenario = 'base' and period_kind = 'month' and layer <> 'bank'),

-- An edit may name a flow that an earlier edit of its scenario adds.
added as (
    select distinct
        scenario,
        name
    from edits
    where kind = 'add' and name is not null
),

matched as (
    select
        edits.scenario,
        edits.edit_no,
        count(lines.document_id) as lines_count,
        sum(lines.amount_rpt_cents) as amount_rpt_cents
    from edits
    left join lines
        on
            edits.kind <> 'add'
            and (edits.customer_id is null or edits.customer_id = lines.counterparty_id)
            and (edits.vendor_id is null or edits.vendor_id = lines.counterparty_id)
            and (edits.deal_id is null or edits.deal_id = lines.document_id)
            and (edits.document_id is null or edits.document_id = lines.document_id)
            and (edits.name is null or edits.name = lines.document_id)
            and (edits.entity_id is null or edits.entity_id = lines.entity_id)
            and (
                edits.layer is null
                or edits.layer = lines.layer
                or (edits.layer = 'revenue' and lines.layer in ('ordered', 'pipeline', 'baseline_receipts'))
            )
    group by edits.scenario, edits.edit_no
)

select
    edits.scenario,
    edits.edit_no,
    edits.kind,
    edits.description,
    edits.customer_id,
    edits.vendor_id,
    edits.deal_id,
    edits.document_id,
    edits.layer,
    edits.entity_id,
    edits.days,
    edits.ratio as change_ratio,
    edits.amount_doc,
    edits.from_on,
    edits.until_on,
    cast(matched.lines_count as integer) as lines_count,
    {{ money('cast(matched.amount_rpt_cents as decimal(18, 2)) / 100') }} as touched_rpt,
    edits.kind = 'add' or matched.lines_count > 0 or added.name is not null as is_effective
from edits
inner join matched
    on
        edits.scenario = matched.scenario
        and edits.edit_no = matched.edit_no
left join added
    on
        edits.scenario = added.scenario
        and edits.name = added.name
        and edits.kind <> 'add'
