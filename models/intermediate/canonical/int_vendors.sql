-- One row per vendor.
{{ canonical('vendor') }}
