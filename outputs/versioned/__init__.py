"""Versioned datasets, extended by merges.

Owns versions, scene packages, and the store (folder or object store).
"""
