"""One clip as a folder.

Owns its frames, video, rollout and manifest, and the lists of rejected clips and coverage.
"""
