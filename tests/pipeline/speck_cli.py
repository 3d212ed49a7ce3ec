"""`nearmiss` with the preset `speck` known to it and to its workers: python -m tests.pipeline.speck_cli generate ..."""

import pipeline.generate
from pipeline.cli import main
from tests.pipeline.specks import SpeckMaker

pipeline.generate.ClipMaker = SpeckMaker

if __name__ == "__main__":
    main()
