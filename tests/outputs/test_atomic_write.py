"""Files and folders are written atomically."""

import pytest

from outputs.atomic_write import whole_file, whole_folder, write_text


def test_a_file_does_not_exist_before_it_is_complete(tmp_path):
    with whole_file(tmp_path / "deep" / "a.txt") as part:
        part.write_text("half")
        assert not (tmp_path / "deep" / "a.txt").exists()
    assert (tmp_path / "deep" / "a.txt").read_text() == "half"
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["a.txt"]


def test_a_failure_keeps_the_existing_file(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError), whole_file(tmp_path / "a.txt") as part:
        part.write_text("new")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_with_all_its_files(tmp_path):
    for content in ("one", "two"):
        with whole_folder(tmp_path / "clip") as part:
            (part / content).write_text(content)
    assert [p.name for p in tmp_path.rglob("*")] == ["clip", "two"]


def test_a_failure_keeps_the_existing_folder(tmp_path):
    with whole_folder(tmp_path / "clip") as part:
        (part / "one").touch()
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "clip") as part:
        (part / "two").touch()
        raise RuntimeError
    assert [p.name for p in tmp_path.rglob("*")] == ["clip", "one"]


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(OSError) as raised:
        write_text(tmp_path / "there", "a folder cannot be replaced by a file")
    assert raised.value.filename == str(tmp_path / "there")
    with pytest.raises(OSError) as raised, whole_folder(tmp_path / "new") as part:
        (part / "absent" / "a.txt").write_text("")
    assert raised.value.filename == str(tmp_path / "new" / "absent" / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
