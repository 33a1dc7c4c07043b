-- One row per received purchase order line.
{{ canonical('receipt') }}
