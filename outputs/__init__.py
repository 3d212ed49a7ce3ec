"""Files on disk: owns every file that leaves a run, and a reader for each.

`clips`: one clip as a folder. `nuscenes`: the dataset of accepted clips and its validation by the devkit. `versioned`:
datasets that grow by merges, in a folder or an object store. `searches`: results of a search. `reporting`: the HTML
report. Files appear whole or not at all (`atomic_write`), and equal input gives equal bytes. Verdicts come from the
pipeline.
"""
