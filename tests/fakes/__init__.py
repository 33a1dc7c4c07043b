"""Stateful doubles of systems with an API: ASGI apps over one dataset, with the faults that real ones have."""
