-- One row per decision that people took on company records, undoing aside, with whether it still holds. Accept and reject speak
-- of an account (record_id) and a customer (other_record_id), merge of two records of one `side`, split of one. A later decision
-- on the same records replaces an earlier one; one that was undone never counts.
with decisions as (select * from {{ source('raw', 'match_decision') }}),

records as (select * from {{ ref('int_party_records') }}),

undone as (
    select
        undone_no,
        min(decision_no) as undone_by_no
    from decisions
    where action = 'undo'
    group by undone_no
),

described as (
    select
        decisions.decision_no,
        decisions.action,
        decisions.side,
        decisions.record_id,
        decisions.other_record_id,
        decisions.reason,
        decisions.decided_by,
        decisions.decided_at,
        undone.undone_by_no,
        case
            when decisions.action = 'split' then decisions.side || ' ' || decisions.record_id
            when decisions.action = 'merge'
                then
                    decisions.side || ' ' || least(decisions.record_id, decisions.other_record_id)
                    || ' = ' || greatest(decisions.record_id, decisions.other_record_id)
            else decisions.record_id || ' = ' || decisions.other_record_id
        end as subject
    from decisions
    left join undone
        on decisions.decision_no = undone.undone_no
    where decisions.action <> 'undo'
),

last_standing as (
    select
        subject,
        max(decision_no) as decision_no
    from described
    where undone_by_no is null
    group by subject
),

final as (
    select
        described.decision_no,
        described.action,
        described.side,
        described.record_id,
        described.other_record_id,
        described.reason,
        described.decided_by,
        described.decided_at,
        described.undone_by_no,
        case
            when described.undone_by_no is not null then 'undone'
            when described.decision_no < last_standing.decision_no then 'replaced'
            when records.record_id is null or (described.action <> 'split' and others.record_id is null) then 'unknown_record'
            else 'in_force'
        end as status
    from described
    left join last_standing
        on described.subject = last_standing.subject
    left join records
        on described.record_id = records.record_id and coalesce(described.side, 'account') = records.side
    left join records as others
        on described.other_record_id = others.record_id and coalesce(described.side, 'customer') = others.side
)

select * from final
