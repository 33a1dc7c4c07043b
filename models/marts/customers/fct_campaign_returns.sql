-- One row per model, campaign and month since it began: the invoiced margin that its deals had brought by then, against all it spent.
-- The lag curve of a campaign: bookings come early, margin late. Margin is that of the invoices of the deals, less their credit
-- notes, where the ERP knows the cost; a deal whose order does not name it brings none here. No spend, no return ratio.
with attribution as (select * from {{ ref('fct_attribution') }} where campaign_id is not null and weight_ratio > 0),

campaigns as (select * from {{ ref('int_campaigns') }}),

spend_months as (select * from {{ ref('int_campaign_spend_monthly') }}),

invoice_deals as (select * from {{ ref('int_invoice_deals') }}),

invoice_lines as (select * from {{ ref('fct_invoice_lines') }}),

credit_notes as (select * from {{ ref('int_credit_notes') }}),

dates as (select * from {{ ref('dim_dates') }}),

run_context as (select * from {{ ref('int_run_context') }}),

starts as (
    select
        campaigns.campaign_id,
        campaigns.name as campaign_name,
        coalesce(campaigns.channel, 'unknown') as channel,
        {{ month_of('coalesce(campaigns.started_on, min(spend_months.month_on))') }} as first_month_on,
        case when count(spend_months.month_on) = count(spend_months.spend_rpt) then sum(spend_months.spend_rpt) end as spend_rpt
    from campaigns
    left join spend_months
        on campaigns.campaign_id = spend_months.campaign_id
    group by campaigns.campaign_id, campaigns.name, campaigns.channel, campaigns.started_on
),

margins as (
    select
        invoice_deals.deal_id,
        invoice_lines.month_on,
        sum(invoice_lines.margin_rpt) as margin_rpt
    from invoice_lines
    left join credit_notes
        on invoice_lines.document_type = 'credit_note' and invoice_lines.document_id = credit_notes.credit_note_id
    inner join invoice_deals
        on invoice_deals.invoice_id = coalesce(credit_notes.invoice_id, invoice_lines.document_id)
    where invoice_lines.margin_rpt is not null
    group by invoice_deals.deal_id, invoice_lines.month_on
),

earned as (
    select
        attribution.model,
        attribution.campaign_id,
        greatest(margins.month_on, starts.first_month_on) as month_on,
        sum(cast(margins.margin_rpt as decimal(18, 4)) * attribution.weight_ratio) as margin_rpt
    from attribution
    inner join starts
        on attribution.campaign_id = starts.campaign_id
    inner join margins
        on attribution.deal_id = margins.deal_id
    group by attribution.model, attribution.campaign_id, greatest(margins.month_on, starts.first_month_on)
),

models as (
    select kinds.model
    from (values ('first'), ('last'), ('linear'), ('position')) as kinds (model)
),

months as (
    select distinct dates.month_on
    from dates
    cross join run_context
    where dates.month_on <= run_context.as_of
),

spine as (
    select
        models.model,
        starts.campaign_id,
        starts.campaign_name,
        starts.channel,
        starts.spend_rpt,
        months.month_on,
        {{ dbt.datediff('starts.first_month_on', 'months.month_on', 'month') }} as age_months
    from starts
    cross join models
    inner join months
        on starts.first_month_on <= months.month_on
),

cumulated as (
    select
        spine.*,
        sum(coalesce(earned.margin_rpt, 0)) over (
            partition by spine.model, spine.campaign_id order by spine.month_on rows between unbounded preceding and current row
        ) as margin_to_date
    from spine
    left join earned
        on spine.model = earned.model and spine.campaign_id = earned.campaign_id and spine.month_on = earned.month_on
),

final as (
    select
        model,
        campaign_id,
        cast(age_months as integer) as age_months,
        campaign_name,
        channel,
        month_on,
        {{ money('spend_rpt') }} as spend_rpt,
        {{ money('margin_to_date') }} as margin_to_date_rpt,
        cast({{ ratio('(margin_to_date - cast(spend_rpt as double))', 'spend_rpt') }} as decimal(18, 6)) as return_ratio
    from cumulated
)

select * from final
