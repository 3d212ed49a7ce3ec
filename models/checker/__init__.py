"""Networks of the checks.

Owns detector and ego-motion network, their losses, and augmentation of their training pictures.
"""
