-- One row per note on a period, a number or a task of the close, and per sign-off of a board pack: who, when, what, and the
-- published version that was looked at.
select
    note_id,
    note_no,
    kind,
    entity_id,
    period_on,
    {{ month_of('period_on') }} as month_on,
    subject,
    text,
    noted_at,
    noted_by,
    version
from {{ source('raw', 'close_note') }}
