"""The notebooks of examples/ run from top to bottom without a failed assertion."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests.documents import ROOT

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.mark.notebooks
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel shows figures in the notebook
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    book = nbformat.read(path, as_version=4)
    client = NotebookClient(book, timeout=400, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    assert [cell.outputs for cell in book.cells if cell.cell_type == "code" and not cell.outputs] == []


def test_there_are_three_notebooks_without_stored_output():
    assert [path.stem for path in NOTEBOOKS] == ["author_a_case", "layers_and_labels", "train_a_detector"]
    for path in NOTEBOOKS:
        cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        assert not any(cell.outputs for cell in cells), path
