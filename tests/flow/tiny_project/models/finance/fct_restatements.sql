select * from {{ source('raw', 'restatement_history') }}
