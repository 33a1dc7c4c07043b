-- One row per declared metric, with the SQL that computes it by month in this version.
select
    metric,
    label,
    description,
    unit,
    good,
    owner,
    beware,
    metric_type,
    dimensions,
    time_column,
    plan,
    sql
from {{ source('raw', 'metric_catalogue') }}
