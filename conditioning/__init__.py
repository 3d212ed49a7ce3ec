"""What a network or a checker can see of a rollout.

Owns cameras and the rasteriser (`geometry`), meshes (`assets`), roads as drawn (`ground`), control layers (`layers`),
the procedural camera (`renderer`), visibility and LiDAR (`sensors`), ego actions, captions, previews, and real logs as
rollouts with frames (`logs`). Does not own what happens in the world (scenarios), tensors and weights (models) or files
on disk (outputs).
"""
