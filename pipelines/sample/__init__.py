"""The sample company: a seeded generator of CRM and ERP exports with known truths.

A leaf: it imports nothing of the rest of the project, so that its truths cannot inherit a fault of the code they judge.
"""
