"""Networks of the checks.

Owns the detector, the ego-motion network, their losses, and the augmentation of their training pictures.
"""
