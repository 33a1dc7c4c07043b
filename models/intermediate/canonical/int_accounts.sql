-- One row per CRM account (a company sold to or hoped for).
{{ canonical('account') }}
