"""Checks decide what may leave a run.

Owns two families of verdicts on one clip. Physics (`physics.check_physics`) judges the rollout: is the motion possible,
does it meet what `expect` says. Pixels (`pixels.check_pixels`) judges the frames with networks trained on source frames
only. A check measures and compares; it changes nothing, and what it cannot measure is inconclusive. It knows no files,
Ray or Prefect.
"""
