select * from {{ source('raw', 'restatement_cause_history') }}
