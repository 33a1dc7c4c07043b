"""Estimation and simulation: pure functions on arrays and frames, called by dbt Python models and by commands.

Belongs here: what SQL cannot say. Does not: files, databases, clocks, any rule of business;
nothing of ours is imported.
"""
