"""The writing half: everything from the sources' files to a published version.

Belongs here: subpackages and entry points. Does not: anything that reads a published version (dashboards).
"""
