"""The command `nearmiss` with the preset `speck` and workers whose clips fail if a `Batch` requests it."""

import pipeline.batch.generate
from pipeline.cli.main import main
from tests.pipeline.troubles import TroubledMaker

pipeline.batch.generate.ClipMaker = TroubledMaker

if __name__ == "__main__":
    main()
