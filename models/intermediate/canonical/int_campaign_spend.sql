-- One row per campaign and day (or month) of spend.
{{ canonical('campaign_spend') }}
