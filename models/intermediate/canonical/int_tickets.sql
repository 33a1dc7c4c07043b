-- One row per support ticket.
{{ canonical('ticket') }}
