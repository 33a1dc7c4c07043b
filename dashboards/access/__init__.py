"""Who may look: accounts, sign-in, sessions, the door in front of every route, what a viewer sees, the audit log.

Belongs here: deciding and recording it. Does not: what roles allow (`company.roles`), what pages draw.
"""
