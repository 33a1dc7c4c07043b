-- Tryton's tables as the generic contract wants them: one view per table of docs/sources/contract.md, in a schema of
-- its own. Run it once as the owner of Tryton's database, and again after a change here:
--   psql tryton --single-transaction --file views.sql
-- It adds a schema and changes nothing of Tryton's. Needs the modules account_invoice and product.
drop schema if exists plumbline cascade;
create schema plumbline;
set local search_path = plumbline, public;

-- ---------------------------------------------------------------------------------------------- what the views stand on
-- Numbers of parties and accounts may be left empty in Tryton, and two accounts of a company may share one.

create view tryton_party as
select id, coalesce(nullif(code, ''), '#' || id) as party_code, coalesce(nullif(name, ''), code, '#' || id) as name
from party_party;

create view tryton_company as
select company.id, party.party_code as entity_id, company.currency as currency_row, currency.code as currency
from company_company as company
join tryton_party as party on party.id = company.party
join currency_currency as currency on currency.id = company.currency;

create view tryton_account as
select
    account.id, account.company, account.name, account.closed, account.type as type_row,
    case
        when nullif(account.code, '') is null then '#' || account.id
        when count(*) over (partition by account.company, account.code) > 1 then account.code || '#' || account.id
        else account.code
    end as account_code
from account_account as account
where account.type is not null;

-- One row per posted invoice, credit note or bill, and one more per invoice that was cancelled by an entry of its own:
-- the first stays in the month it was booked in. Tryton's credit note is an invoice below zero.
create view tryton_document as
with booked as (
    select
        invoice.id, invoice.id::text as document_id, null::text as cancels_id, invoice.move, 1 as turn
    from account_invoice as invoice
    union all
    select invoice.id, invoice.id || '-cancelled', invoice.id::text, invoice.cancel_move, -1
    from account_invoice as invoice
    where invoice.cancel_move is not null
        and not exists (select from account_invoice as other where other.move = invoice.cancel_move)
)
select
    booked.id, booked.document_id, booked.cancels_id, booked.turn, booked.move,
    case
        when invoice.type = 'in' then 'bill'
        when invoice.total_amount_cache * booked.turn < 0 then 'credit_note'
        else 'invoice'
    end as kind,
    company.entity_id, party.party_code, invoice.account, move.date as posted_on, currency.code as currency,
    currency.code = company.currency as is_local,
    invoice.untaxed_amount_cache * booked.turn as net_doc,
    invoice.tax_amount_cache * booked.turn as tax_doc,
    invoice.total_amount_cache * booked.turn as gross_doc,
    greatest(invoice.write_date, invoice.create_date) as updated_at
from booked
join account_invoice as invoice on invoice.id = booked.id
join account_move as move on move.id = booked.move and move.state = 'posted'
join tryton_company as company on company.id = invoice.company
join tryton_party as party on party.id = invoice.party
join currency_currency as currency on currency.id = invoice.currency;

-- Amounts of lines are those of the entry that Tryton booked: it rounds half to even, which a query would have to repeat.
create view tryton_document_line as
select
    document.document_id, document.kind, document.cancels_id,
    line.id || case when document.turn < 0 then '-cancelled' else '' end as line_id,
    line.origin,
    product.product_code, product.kind as product_kind,
    (line.quantity::numeric * document.turn) as quantity,
    line.unit_price,
    case when invoice.type = 'out' then -1 else 1 end * document.turn
        * coalesce(booked.amount_second_currency, booked.debit - booked.credit) as net_doc,
    case when invoice.type = 'out' then -1 else 1 end * document.turn * (booked.debit - booked.credit) as net_local,
    account.account_code
from tryton_document as document
join account_invoice as invoice on invoice.id = document.id
join account_invoice_line as line on line.invoice = invoice.id and line.type = 'line'
join account_move_line as booked on booked.move = invoice.move and booked.origin = 'account.invoice.line,' || line.id
join tryton_account as account on account.id = booked.account
left join (
    select product.id, coalesce(nullif(product.code, ''), '#' || product.id) as product_code, template.type as kind
    from product_product as product
    join product_template as template on template.id = product.template
) as product on product.id = line.product;

-- What a document is booked with on its receivable or payable account, signed as the document is.
create view tryton_document_gross as
select
    document.document_id, max(line.maturity_date) as due_on,
    sum(case when document.kind = 'bill' then line.credit - line.debit else line.debit - line.credit end) as gross_local
from tryton_document as document
join account_move_line as line on line.move = document.move and line.account = document.account
group by document.document_id;

-- Lines by which money came or went: on receivable and payable accounts, of cash and bank journals.
create view tryton_payment_line as
select
    line.id, line.move, line.account, line.party,
    case when type.receivable then 'payment' else 'bill_payment' end as kind,
    case
        when count(*) over (partition by line.move)
            = count(*) over (partition by line.move, line.party) then line.move::text
        else line.move || '-' || line.party
    end as payment_id,
    company.entity_id, party.party_code, move.date as paid_on,
    coalesce(currency.code, company.currency) as currency,
    case when type.receivable then -1 else 1 end * coalesce(line.amount_second_currency, line.debit - line.credit) as amount_doc,
    case when type.receivable then -1 else 1 end * (line.debit - line.credit) as amount_local
from account_move_line as line
join account_move as move on move.id = line.move and move.state = 'posted'
join account_journal as journal on journal.id = move.journal and journal.type in ('cash', 'statement')
join account_account as account on account.id = line.account
join account_account_type as type on type.id = account.type and (type.receivable or type.payable)
join tryton_company as company on company.id = move.company
join tryton_party as party on party.id = line.party
left join currency_currency as currency on currency.id = line.second_currency
where not exists (select from tryton_document as document where document.move = line.move);

-- One row per pair of a debit and a credit that a reconciliation sets against each other. A reconciliation is a heap of
-- lines that add up to nothing: debits and credits are laid side by side, oldest first, and each overlap is a pair. They are
-- measured in the foreign currency where all share one; the entry for an exchange difference then measures nothing.
create view tryton_settlement as
with lines as (
    select
        line.id, line.reconciliation, move.date, line.debit - line.credit as local,
        line.amount_second_currency, line.second_currency,
        document.document_id, document.kind as document_kind, payment.payment_id,
        document.document_id is null and payment.payment_id is null as is_other
    from account_move_line as line
    join account_move as move on move.id = line.move and move.state = 'posted'
    left join tryton_document as document on document.move = line.move and document.account = line.account
    left join tryton_payment_line as payment on payment.id = line.id
    where line.reconciliation is not null
),

currencies as (
    select
        reconciliation,
        count(second_currency) = count(*) and count(distinct second_currency) = 1 as in_one_currency
    from lines
    where not is_other
    group by reconciliation
),

measured as (
    select
        lines.*,
        coalesce(currencies.in_one_currency, false) as in_one_currency,
        case
            when currencies.in_one_currency then coalesce(lines.amount_second_currency, 0) else lines.local
        end as measure,
        -- An exchange difference or a write-off may be booked later than what it belongs to.
        max(lines.date) filter (where lines.is_other) over (partition by lines.reconciliation) as booked_on,
        max(lines.payment_id) over (partition by lines.reconciliation) as any_payment_id
    from lines
    left join currencies using (reconciliation)
),

laid as (
    select
        *,
        sum(abs(measure)) over (partition by reconciliation, measure > 0 order by date, id) as till,
        sum(abs(measure)) over (partition by reconciliation, measure > 0 order by date, id) - abs(measure) as since
    from measured
    where measure <> 0
),

pairs as (
    select
        debit.id as debit_line, credit.id as credit_line, debit.in_one_currency, debit.any_payment_id,
        debit.document_id as debit_document, debit.document_kind as debit_kind,
        debit.payment_id as debit_payment, debit.is_other as debit_is_other,
        credit.document_id as credit_document, credit.document_kind as credit_kind,
        credit.payment_id as credit_payment, credit.is_other as credit_is_other,
        greatest(debit.date, credit.date, debit.booked_on) as applied_on,
        greatest(debit.since, credit.since) as first, least(debit.till, credit.till) as last,
        debit.since as debit_since, debit.measure as debit_measure, debit.local as debit_booked,
        credit.since as credit_since, -credit.measure as credit_measure, -credit.local as credit_booked,
        debit.amount_second_currency as debit_foreign, credit.amount_second_currency as credit_foreign
    from laid as debit
    join laid as credit using (reconciliation)
    where debit.measure > 0 and credit.measure < 0 and debit.since < credit.till and credit.since < debit.till
)

select
    debit_line || '-' || credit_line as settlement_id, any_payment_id, applied_on,
    debit_document, debit_kind, debit_payment, debit_is_other,
    credit_document, credit_kind, credit_payment, credit_is_other,
    -- In the currency of the document that is settled, the debit of customers and the credit of vendors.
    case
        when in_one_currency or debit_foreign is null then last - first
        else round((last - first) * debit_foreign / debit_booked, 2)
    end as debit_doc,
    case
        when in_one_currency or credit_foreign is null then last - first
        else round((last - first) * -credit_foreign / credit_booked, 2)
    end as credit_doc,
    -- Rounded from the line's first cent on, so that the parts of a line add up to it.
    round((last - debit_since) * debit_booked / debit_measure, 2)
    - round((first - debit_since) * debit_booked / debit_measure, 2) as debit_local,
    round((last - credit_since) * credit_booked / credit_measure, 2)
    - round((first - credit_since) * credit_booked / credit_measure, 2) as credit_local
from pairs;

-- ------------------------------------------------------------------------------------------------- parties and products

create view tryton_trading_party as
select party.id, party.party_code, party.name, tax.code as tax_id, country.code as country
from tryton_party as party
left join lateral (
    select identifier.code from party_identifier as identifier
    where identifier.party = party.id and identifier.active and identifier.type like '%vat%'
    order by identifier.sequence nulls last, identifier.id limit 1
) as tax on true
left join lateral (
    select country.code from party_address as address join country_country as country on country.id = address.country
    where address.party = party.id and address.active
    order by address.invoice desc nulls last, address.sequence nulls last, address.id limit 1
) as country on true;

create view customer as
select party_code as customer_id, name, tax_id, country
from tryton_trading_party
where id in (
    select party from account_invoice where type = 'out'
    union select line.party from account_move_line as line
    join account_account as account on account.id = line.account
    join account_account_type as type on type.id = account.type and type.receivable
);

create view vendor as
select party_code as vendor_id, name, tax_id, country
from tryton_trading_party
where id in (
    select party from account_invoice where type = 'in'
    union select line.party from account_move_line as line
    join account_account as account on account.id = line.account
    join account_account_type as type on type.id = account.type and type.payable
);

create view item as
select
    coalesce(nullif(product.code, ''), '#' || product.id) as item_id,
    template.name,
    case when template.type = 'service' then 'service' else 'goods' end as item_type,
    unit.name as unit_of_measure,
    price.list_price as list_price_doc,
    price.currency,
    product.active and template.active as is_active
from product_product as product
join product_template as template on template.id = product.template
join product_uom as unit on unit.id = template.default_uom
left join lateral (
    select price.list_price, company.currency
    from product_list_price as price join tryton_company as company on company.id = price.company
    where price.template = template.id and coalesce(price.product, product.id) = product.id
    order by price.product nulls last, price.company limit 1
) as price on true;

-- --------------------------------------------------------------------------------------------------- documents of sales

create view invoice as
select
    document.document_id as invoice_id, document.entity_id, document.party_code as customer_id,
    document.posted_on as invoiced_on, gross.due_on, document.currency,
    document.net_doc, document.tax_doc, document.gross_doc,
    (select sum(line.net_local) from tryton_document_line as line where line.document_id = document.document_id) as net_local,
    gross.gross_local, document.updated_at
from tryton_document as document
join tryton_document_gross as gross using (document_id)
where document.kind = 'invoice';

create view invoice_line as
select
    line_id as invoice_line_id, document_id as invoice_id, product_code as item_id, quantity,
    unit_price as unit_price_doc, net_doc, net_local, account_code,
    case when product_kind = 'service' then 'service' when product_kind is not null then 'goods' end as line_type
from tryton_document_line
where kind = 'invoice';

create view instalment as
select
    line.id::text as instalment_id, document.document_id as invoice_id, line.maturity_date as due_on,
    coalesce(line.amount_second_currency, line.debit - line.credit) as gross_doc
from tryton_document as document
join account_move_line as line on line.move = document.move and line.account = document.account
where document.kind = 'invoice' and line.maturity_date is not null
    and (
        select count(*) from account_move_line as other
        where other.move = document.move and other.account = document.account
    ) > 1;

create view credit_note as
select
    document.document_id as credit_note_id, document.entity_id, document.party_code as customer_id,
    coalesce(document.cancels_id, corrected.invoice_id) as invoice_id, document.posted_on as credited_on,
    document.currency, -document.net_doc as net_doc, -document.tax_doc as tax_doc, -document.gross_doc as gross_doc,
    -(select sum(line.net_local) from tryton_document_line as line where line.document_id = document.document_id) as net_local,
    -gross.gross_local as gross_local, document.updated_at
from tryton_document as document
join tryton_document_gross as gross using (document_id)
left join lateral (
    select min(other.document_id) as invoice_id
    from tryton_document_line as line
    join tryton_document_line as other on other.kind = 'invoice' and line.origin = 'account.invoice.line,' || other.line_id
    where line.document_id = document.document_id
) as corrected on true
where document.kind = 'credit_note';

create view credit_note_line as
select
    line.line_id as credit_note_line_id, line.document_id as credit_note_id,
    coalesce(
        case when line.cancels_id is not null then replace(line.line_id, '-cancelled', '') end, corrected.line_id
    ) as invoice_line_id,
    line.product_code as item_id, -line.quantity as quantity, -line.net_doc as net_doc, -line.net_local as net_local,
    line.account_code,
    case when line.product_kind = 'service' then 'service' when line.product_kind is not null then 'goods' end as line_type
from tryton_document_line as line
left join tryton_document_line as corrected
    on corrected.kind = 'invoice' and line.origin = 'account.invoice.line,' || corrected.line_id
where line.kind = 'credit_note';

create view payment as
select
    payment_id, entity_id, party_code as customer_id, paid_on, currency,
    sum(amount_doc) as amount_doc, sum(amount_local) as amount_local
from tryton_payment_line
where kind = 'payment'
group by payment_id, entity_id, party_code, paid_on, currency;

-- What is set against an invoice by reconciliation; then payments in part, which wait for the rest.
create view payment_application as
select
    settlement_id as payment_application_id,
    case when credit_is_other then any_payment_id else credit_payment end as payment_id,
    case when credit_kind = 'credit_note' then credit_document end as credit_note_id,
    debit_document as invoice_id,
    applied_on,
    case when credit_is_other then 0 else debit_doc end as amount_doc,
    debit_local as amount_local,
    case when credit_is_other then debit_doc else 0 end as discount_doc,
    case when credit_is_other then 0 else credit_local - debit_local end as exchange_difference_local
from tryton_settlement
where debit_kind = 'invoice' and (credit_payment is not null or credit_kind = 'credit_note' or credit_is_other)
union all
select
    'part-' || part.id, payment.payment_id, null, document.document_id, greatest(payment.paid_on, document.posted_on),
    payment.amount_doc, null, 0, 0
from "account_invoice-account_move_line" as part
join tryton_payment_line as payment on payment.id = part.line
join account_move_line as line on line.id = part.line and line.reconciliation is null
join tryton_document as document on document.id = part.invoice and document.turn = 1 and document.kind = 'invoice';

-- ----------------------------------------------------------------------------------------------- documents of purchases

create view bill as
select
    document.document_id as bill_id, document.entity_id, document.party_code as vendor_id,
    document.posted_on as billed_on, gross.due_on, document.currency,
    document.net_doc, document.tax_doc, document.gross_doc,
    (select sum(line.net_local) from tryton_document_line as line where line.document_id = document.document_id) as net_local,
    gross.gross_local, document.updated_at
from tryton_document as document
join tryton_document_gross as gross using (document_id)
where document.kind = 'bill';

create view bill_line as
select
    line_id as bill_line_id, document_id as bill_id, product_code as item_id, quantity, net_doc, net_local, account_code
from tryton_document_line
where kind = 'bill';

-- A bill below zero takes something off another one by a payment of nothing that is applied to both.
create view bill_payment as
select
    payment_id as bill_payment_id, entity_id, party_code as vendor_id, paid_on, currency,
    sum(amount_doc) as amount_doc, sum(amount_local) as amount_local
from tryton_payment_line
where kind = 'bill_payment'
group by payment_id, entity_id, party_code, paid_on, currency
union all
select 'netted-' || document_id, entity_id, party_code, posted_on, currency, 0, 0
from tryton_document
where kind = 'bill' and document_id in (select debit_document from tryton_settlement where credit_kind = 'bill');

create view bill_payment_application as
select
    settlement_id as bill_payment_application_id,
    case
        when debit_is_other then any_payment_id
        when debit_kind = 'bill' then 'netted-' || debit_document
        else debit_payment
    end as bill_payment_id,
    credit_document as bill_id,
    applied_on,
    case when debit_is_other then 0 else credit_doc end as amount_doc,
    credit_local as amount_local,
    case when debit_is_other then credit_doc else 0 end as discount_doc,
    case when debit_is_other then 0 else credit_local - debit_local end as exchange_difference_local
from tryton_settlement
where credit_kind = 'bill'
    and (debit_payment is not null or debit_kind = 'bill' or (debit_is_other and any_payment_id is not null))
union all
select
    settlement_id || '-netted', 'netted-' || debit_document, debit_document, applied_on, -debit_doc, -debit_local, 0, 0
from tryton_settlement
where credit_kind = 'bill' and debit_kind = 'bill'
union all
select
    'part-' || part.id, payment.payment_id, document.document_id, greatest(payment.paid_on, document.posted_on),
    payment.amount_doc, null, 0, 0
from "account_invoice-account_move_line" as part
join tryton_payment_line as payment on payment.id = part.line
join account_move_line as line on line.id = part.line and line.reconciliation is null
join tryton_document as document on document.id = part.invoice and document.turn = 1 and document.kind = 'bill';

-- --------------------------------------------------------------------------------------------------------------- ledger

-- Which statement line an account belongs to. Names are those of Tryton's universal chart of account types: put those of
-- your own chart here. A type that is not named falls back on its flags, then stays unclassified, which is shown.
create view gl_account as
with named (type_name, account_type) as (
    values
    ('Cash and Cash Equivalents', 'bank'),
    ('Cash at bank, Petty Cash, Cash On Hand', 'bank'),
    ('Prepaid expenses for future services that will be used within a year', 'prepaid'),
    ('Revenue Earned In Arrears (Accrued Revenue) for services done but not yet received for the year', 'other_current_asset'),
    ('Property, Plant and Equipment', 'fixed_asset'),
    ('Intangible assets, such as patents, copyrights and goodwill', 'fixed_asset'),
    ('Financial liabilities (excluding provisions and accounts payables), such as promissory notes and corporate bonds', 'loan'),
    ('Unearned revenue for services paid for by customers but not yet provided', 'deferred_revenue'),
    ('Provisions for warranties or court decisions (contingent liabilities that are both probable and measurable)', 'accrued'),
    ('Liabilities and assets for current tax', 'tax_payable'),
    ('Deferred tax liabilities and deferred tax assets', 'tax_payable'),
    (
        'Issued capital and reserves attributable to equity holders of the parent company (controlling interest)',
        'retained_earnings'
    ),
    ('Cost of Sales', 'cost_of_sales'),
    ('Depreciation / amortisation', 'depreciation'),
    ('Other revenues or gains', 'other_income'),
    ('Other expenses or losses', 'operating_expense'),
    ('Finance costs', 'exchange_gain_loss'),
    ('Income tax expense', 'income_tax')
)

select distinct on (account.account_code)
    account.account_code, account.name,
    coalesce(
        named.account_type,
        case
            when type.receivable then 'receivable'
            when type.payable then 'payable'
            when type.stock and type.statement = 'balance' then 'inventory'
            when type.revenue then 'revenue'
            when type.expense then 'operating_expense'
        end
    ) as account_type,
    case when type.receivable then 'receivables' when type.payable then 'payables' end as control_of,
    not coalesce(account.closed, false) as is_active
from tryton_account as account
join account_account_type as type on type.id = account.type_row and type.statement is not null
left join named on named.type_name = type.name
order by account.account_code, account.company, account.id;

-- An entry for an exchange difference or a write-off belongs to the payment whose reconciliation it completes.
create view journal_line as
with payments as (
    select move, kind, min(payment_id) as payment_id from tryton_payment_line group by move, kind
),

completed as (
    select line.move, payment.kind, min(payment.payment_id) as payment_id
    from account_move_line as line
    join account_move_line as paid on paid.reconciliation = line.reconciliation
    join tryton_payment_line as payment on payment.id = paid.id
    where not exists (select from tryton_document as document where document.move = line.move)
    group by line.move, payment.kind
)

select
    line.id as journal_line_id, move.id as journal_id, company.entity_id, move.date as posted_on, account.account_code,
    line.debit as debit_local, line.credit as credit_local,
    coalesce(currency.code, company.currency) as currency,
    coalesce(line.amount_second_currency, line.debit - line.credit) as amount_doc,
    case
        when document.kind in ('invoice', 'credit_note') then document.party_code
        when document.kind is null and type.receivable then party.party_code
    end as customer_id,
    case
        when document.kind = 'bill' then document.party_code
        when document.kind is null and type.payable then party.party_code
    end as vendor_id,
    coalesce(
        document.kind, own.kind, payments.kind, completed.kind,
        case when journal.type = 'situation' and period.type = 'adjustment' then 'closing' else 'manual' end
    ) as document_type,
    coalesce(document.document_id, own.payment_id, payments.payment_id, completed.payment_id, move.number) as document_id,
    coalesce(line.description, move.description) as description,
    greatest(move.write_date, move.create_date) as updated_at
from account_move_line as line
join account_move as move on move.id = line.move and move.state = 'posted'
join account_journal as journal on journal.id = move.journal
join account_period as period on period.id = move.period
join tryton_company as company on company.id = move.company
join tryton_account as account on account.id = line.account
join account_account_type as type on type.id = account.type_row
left join currency_currency as currency on currency.id = line.second_currency
left join tryton_party as party on party.id = line.party
left join tryton_document as document on document.move = move.id
left join tryton_payment_line as own on own.id = line.id
left join lateral (
    select kind, payment_id from payments where payments.move = move.id order by kind limit 1
) as payments on true
left join lateral (
    select kind, payment_id from completed where completed.move = move.id order by kind limit 1
) as completed on true;

-- Tryton's rate is what one unit of its base currency costs; here one unit of a currency costs so many of a company's. A rate
-- of Tryton holds until the next one, one of Plumbline for a week: it is said again every seven days.
create view fx_rate as
with held as (
    select
        rate.currency, rate.rate, rate.date as since,
        coalesce(lead(rate.date) over (partition by rate.currency order by rate.date) - 1, current_date) as till
    from currency_currency_rate as rate
    where rate.rate <> 0
),

days as (
    select held.currency, held.rate, day::date as rate_on
    from held
    cross join (select min(start_date) as opened_on from account_fiscalyear) as books
    cross join generate_series(greatest(held.since, books.opened_on)::timestamp, held.till::timestamp, interval '7 days') as day
)

select
    currency.code as from_currency, company.currency as to_currency, days.rate_on, 'spot' as rate_type,
    round(own.rate / days.rate, 10) as rate
from days
join currency_currency as currency on currency.id = days.currency
cross join (select distinct currency_row, currency from tryton_company) as company
join held as own
    on own.currency = company.currency_row and days.rate_on between own.since and own.till
where currency.id <> company.currency_row;

create view fiscal_period as
select
    company.entity_id, period.start_date as period_on, period.end_date as period_end_on,
    case when period.state = 'open' then 'open' else 'locked' end as status
from account_period as period
join account_fiscalyear as year on year.id = period.fiscalyear
join tryton_company as company on company.id = year.company
where period.type = 'standard';
