"""What lies on disk: it owns every file that leaves a run, and the readers of each.

`clip` is one clip as a folder (`video`, `images`, `rollout_file` are its parts, `manifest` its lineage); `nuscenes`
builds the dataset of a run's accepted clips and `nuscenes_check` asks nuScenes' own devkit whether it holds; `versions`
keeps one of many nights, in a folder or on an object store (`store`), of scenes written once (`scene_package`);
`rejected` lists what may not leave and why; `report` is the page a person reads. Everything appears whole or not at
all (`whole`) and the same input gives the same bytes. It decides nothing: verdicts come from the pipeline.
"""
