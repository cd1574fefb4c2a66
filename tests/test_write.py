"""The atomic writer: a file is there whole or not at all."""

import os

import pytest

from tradeimpact.write import write_bytes, write_text


def test_text_is_written_as_utf8_with_its_line_ends_unchanged(tmp_path):
    path = write_text(tmp_path / "a.txt", "Torghundī\n–\r\n")
    assert path.read_bytes() == "Torghundī\n–\r\n".encode()


def test_missing_folders_are_made(tmp_path):
    assert write_bytes(tmp_path / "new" / "deep" / "a.bin", b"\x00\x01").read_bytes() == b"\x00\x01"


def test_a_failure_before_the_last_step_leaves_the_old_file_whole_and_no_temporary_one(tmp_path, monkeypatch):
    path = write_text(tmp_path / "a.txt", "old")

    def refuse(*_):
        raise OSError("disk gone")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="disk gone"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_failure_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(tmp_path / "a.txt", b"new")
    assert os.listdir(tmp_path) == []


def test_bytes_reach_the_disk_before_the_old_file_is_replaced(tmp_path, monkeypatch):
    steps = []
    real_fsync, real_replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("fsync"), real_fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda a, b: (steps.append("replace"), real_replace(a, b)))
    write_text(tmp_path / "a.txt", "x")
    assert steps == ["fsync", "replace"]


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX ones")
def test_permissions_of_the_old_file_are_kept_and_a_new_file_obeys_the_mask(tmp_path):
    path = write_text(tmp_path / "a.txt", "x")
    plain = tmp_path / "plain.txt"
    plain.write_text("x")
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    write_text(path, "y")
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_survives_and_the_file_behind_it_is_written(tmp_path):
    target = write_text(tmp_path / "real.txt", "old")
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
