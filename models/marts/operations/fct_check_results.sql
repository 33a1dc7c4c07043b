-- One row per check of the run that published this version. The run fills it once the checks have run.
select
    check_name,
    model,
    severity,
    status,
    failures,
    message
from {{ source('raw', 'check_result') }}
