"""One clip as a folder.

Owns the frames, video, rollout and manifest of a clip, the list of rejected clips, and the coverage of sweeps.
"""
