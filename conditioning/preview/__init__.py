"""Previews of a scenario.

Owns the top-down view and the preview sheet.
"""
