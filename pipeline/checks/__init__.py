"""Checks decide which clips are accepted.

Owns two families of checks of one clip. Physics (`physics.check_physics`) checks the rollout: whether the motion is
possible and agrees with the author's `expect`. Pixels (`pixels.check_pixels`) checks the frames with networks trained
on source frames only. A check measures a value and compares it with a limit; without a measurement it is inconclusive.
Uses no files, no Ray and no Prefect.
"""
