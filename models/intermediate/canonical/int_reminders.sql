-- One row per reminder of an overdue invoice, with the number of the instalment that it names.
with reminders as ({{ canonical('reminder') }}),

instalments as (select * from {{ ref('int_receivable_instalments') }})

select
    reminders.reminder_id,
    reminders.customer_id,
    reminders.invoice_id,
    reminders.instalment_id,
    reminders.sent_on,
    reminders.dunning_level,
    reminders.channel,
    reminders.source_system,
    reminders.source_id,
    reminders.batch_id,
    reminders.batch_row,
    reminders.loaded_at,
    instalments.instalment_no
from reminders
left join instalments on reminders.instalment_id = instalments.instalment_id
