select
    version as since_version,
    valid_from_on,
    side,
    record_id,
    party_id,
    method,
    status
from {{ source('raw', 'party_membership_history') }}
