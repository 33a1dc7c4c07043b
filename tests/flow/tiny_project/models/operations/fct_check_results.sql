select * from {{ source('raw', 'check_result') }}
