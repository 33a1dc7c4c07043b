"""Likeness of company records: which of two systems may be one company, by their names. Proposes, never decides.

Belongs here: comparing names, choosing pairs to compare, ranking what is alike. Does not: which likeness is acted on
(models/intermediate) and the exact keys of the ladder (macros/party_keys.sql).
"""
