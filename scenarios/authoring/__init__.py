"""Tools for authors.

Owns `explain`, and drafts of new scenario files.
"""
