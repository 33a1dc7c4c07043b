select * from {{ source('raw', 'quarantined_row') }}
