"""`nearmiss` with the preset `speck`, and workers in whose hands clips go wrong if a `Batch` says so."""

import pipeline.batch.generate
from pipeline.cli.main import main
from tests.pipeline.troubles import TroubledMaker

pipeline.batch.generate.ClipMaker = TroubledMaker

if __name__ == "__main__":
    main()
