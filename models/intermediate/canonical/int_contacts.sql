-- One row per person at an account.
{{ canonical('contact') }}
