"""Actor kinds. Owns one record per kind, with its size, mass, dynamics, words and names in other formats. How a kind is
drawn is defined in `conditioning.assets.kinds`, in a module of the same name.

`listed` lists the kinds, `actor_kind` defines the record, `registry` collects and checks the records; every other
module has the records of one or a few kinds. Imports `scenarios.source` only. See `docs/extending/actor-kinds.md`.
"""
