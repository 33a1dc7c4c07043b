select * from {{ source('raw', 'metric_catalogue') }}
