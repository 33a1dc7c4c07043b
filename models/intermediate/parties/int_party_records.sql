-- One row per company record: a CRM account or an ERP customer from outside the group, with the keys it can be recognised by.
{{ config(materialized='table') }}

with accounts as (select * from {{ ref('int_accounts') }}),

customers as (select * from {{ ref('int_customers') }}),

country_names as (select * from {{ ref('country_names') }}),

legal_forms as (select * from {{ ref('legal_forms') }}),

shared_domains as (select * from {{ ref('shared_domains') }}),

records as (
    select
        'account' as side,
        account_id as record_id,
        source_system,
        source_id,
        parent_id,
        erp_customer_ref as counterpart_ref,
        name,
        tax_id,
        domain,
        country,
        created_on
    from accounts
    union all
    select
        'customer' as side,
        customer_id as record_id,
        source_system,
        source_id,
        parent_id,
        crm_account_ref as counterpart_ref,
        name,
        tax_id,
        domain,
        country,
        created_on
    from customers
    where intercompany_entity_id is null
),

located as (
    select
        records.side,
        records.record_id,
        records.source_system,
        records.source_id,
        records.parent_id,
        records.counterpart_ref,
        records.created_on,
        coalesce(country_names.country, upper(trim(records.country))) as country_key,
        {{ number_signs('records.tax_id') }} as tax_signs,
        {{ name_words('records.name') }} as words,
        {{ web_domain('records.domain') }} as web_domain
    from records
    left join country_names
        on lower(trim(records.country)) = country_names.country_name
),

words as (
    {{ exploded_words(['side', 'record_id'], 'words', 'located') }}
),

names as (
    -- A name made of legal forms only keeps them: it has nothing else.
    select
        words.side,
        words.record_id,
        coalesce(
            string_agg(case when legal_forms.legal_form is null then words.word end, ' ' order by words.position),
            string_agg(words.word, ' ' order by words.position)
        ) as name_key
    from words
    left join legal_forms
        on words.word = legal_forms.legal_form
    group by words.side, words.record_id
),

-- VAT numbers are written with and without their country's letters.
tax_numbers as (
    select
        side,
        record_id,
        case
            when left(tax_signs, 2) = country_key or (country_key = 'GR' and left(tax_signs, 2) = 'EL') then substring(tax_signs, 3)
            else tax_signs
        end as tax_number
    from located
),

final as (
    select
        located.side,
        located.record_id,
        located.source_system,
        located.source_id,
        located.parent_id,
        located.counterpart_ref,
        located.created_on,
        located.country_key,
        names.name_key,
        case when {{ is_telling_number('tax_numbers.tax_number') }} then tax_numbers.tax_number end as tax_number,
        case when shared_domains.domain is null then located.web_domain end as domain_key
    from located
    inner join tax_numbers
        on located.side = tax_numbers.side and located.record_id = tax_numbers.record_id
    left join names
        on located.side = names.side and located.record_id = names.record_id
    left join shared_domains
        on located.web_domain = shared_domains.domain
)

select * from final
