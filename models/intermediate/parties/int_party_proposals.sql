-- One row per pair of CRM account and ERP customer that may be one company, for a person to decide: names that are alike, and
-- documents that name several groups of accounts. `is_accepted`: names alike beyond doubt and a second key, which has nothing
-- to do with the name, says the same. A pair whose records both have another counterpart is not proposed.
{{ config(materialized='table') }}

with likeness as (select * from {{ ref('int_party_likeness') }}),

candidates as (select * from {{ ref('int_party_candidates') }}),

records as (select * from {{ ref('int_party_records') }}),

hits as (select * from {{ ref('int_party_hits') }}),

undecided_documents as (
    select
        customer_id,
        account_id,
        evidence_count
    from hits
    where step = 2 and not is_decisive
),

rounded as (
    select
        account_id,
        customer_id,
        cast(score as decimal(9, 6)) as score,
        cast(runner_up_score as decimal(9, 6)) as runner_up_score,
        cast(margin as decimal(9, 6)) as score_margin
    from likeness
),

pairs as (
    select
        account_id,
        customer_id,
        'likeness' as method,
        score,
        runner_up_score,
        score_margin
    from rounded
    union all
    select
        undecided_documents.account_id,
        undecided_documents.customer_id,
        'document_reference' as method,
        cast(null as decimal(9, 6)) as score,
        cast(null as decimal(9, 6)) as runner_up_score,
        cast(null as decimal(9, 6)) as score_margin
    from undecided_documents
    inner join candidates
        on undecided_documents.customer_id = candidates.record_id and candidates.side = 'customer'
    left join rounded
        on undecided_documents.account_id = rounded.account_id and undecided_documents.customer_id = rounded.customer_id
    where candidates.is_open and rounded.account_id is null
),

judged as (
    select
        pairs.account_id,
        pairs.customer_id,
        pairs.method,
        pairs.score,
        pairs.runner_up_score,
        pairs.score_margin,
        case when pairs.score >= 0.95 and pairs.score_margin >= 0.05 then 'likely' else 'check' end as band,
        case
            when undecided_documents.customer_id is not null then 'document_reference'
            when accounts.tax_number = customers.tax_number then 'tax_id'
            when accounts.domain_key = customers.domain_key then 'domain'
        end as second_key
    from pairs
    inner join records as accounts
        on pairs.account_id = accounts.record_id and accounts.side = 'account'
    inner join records as customers
        on pairs.customer_id = customers.record_id and customers.side = 'customer'
    left join undecided_documents
        on pairs.account_id = undecided_documents.account_id and pairs.customer_id = undecided_documents.customer_id
),

final as (
    select
        account_id,
        customer_id,
        method,
        score,
        runner_up_score,
        score_margin,
        band,
        second_key,
        band = 'likely' and second_key is not null as is_accepted
    from judged
)

select * from final
