"""Checks: what may leave. Two families of verdicts on one clip.

Physics (`physics.check_physics`) judges the rollout: is the motion possible, does the author get what `expect` says.
Pixels (`pixels.check_pixels`) judges the frames with networks that were trained on source frames only.
A check measures and compares; it changes nothing, and what it cannot measure it calls inconclusive.
It does not know files, Ray or Prefect.
"""
