-- One row per marketing campaign.
{{ canonical('campaign') }}
