"""Bad luck in small: each way of writing meets each kind of fault once. A hundred faults and real kills are a script of
their own, ``python -m reliability faults``.
"""

import errno
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import tradeimpact as ti
from tradeimpact import write
from tradeimpact.errors import TradeImpactWarning, WriteError
from tradeimpact.figures import fonts
from tradeimpact.figures.style import briefing, footer_text
from tradeimpact.write import alone, new_folder, write_bytes, write_file, write_files, write_text

ROOT = Path(__file__).parents[1]
CASE = ROOT / "tests" / "cases" / "synthetic-3"
SET = ("a.svg", "a.csv", "a.json")


@pytest.fixture
def injected(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from reliability import injected

    return injected


def doors(folder, word):
    """Each way of writing that there is, writing `word`."""
    data = (word * 50).encode()
    return {
        "one file": lambda: write_bytes(folder / "one.txt", data),
        "a file somebody else fills": lambda: write_file(folder / "one.txt", lambda new: new.write_bytes(data)),
        "a set": lambda: write_files({folder / name: data for name in SET}),
    }


KINDS = (
    "disk full, nothing written", "disk full, half written", "disk full when forced to disk", "disk full at a folder",
    "device error when put in place", "no permission to write", "read-only folder", "read-only parent",
    "no permission to take away", "fewer bytes than were written, silently", "interrupted while writing",
    "interrupted between files",
)  # fmt: skip


@pytest.mark.parametrize("door", ["one file", "a file somebody else fills", "a set"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_the_old_or_the_new_one_whatever_fails_and_a_second_attempt_succeeds(
    tmp_path, injected, door, kind
):
    folder = tmp_path / "out"
    how = injected.KINDS[kind][0]
    if how != "mkdir":
        doors(folder, "old")[door]()
    whole = {b"old" * 50, b"new" * 50}
    point = injected.Point(folder, kind, 1)
    with injected.disturbed(point):
        trouble = None
        try:
            doors(folder, "new")[door]()
        except BaseException as problem:
            trouble = problem
    # a single file is replaced and never taken away; who fills a file vouches for its bytes
    met = not (how == "unlink" and door != "a set")
    assert point.fired == met
    if met and not (how == "short" and door == "a file somebody else fills"):
        assert isinstance(trouble, KeyboardInterrupt if "interrupted" in kind else WriteError), trouble
        assert {path.read_bytes() for path in folder.glob("*") if path.is_file()} <= whole
    assert not list(tmp_path.rglob("*.part"))
    doors(folder, "new")[door]()
    assert {path.read_bytes() for path in folder.iterdir()} == {b"new" * 50}


def test_a_set_cut_off_between_its_files_lacks_the_one_that_vouches(tmp_path, injected):
    doors(tmp_path, "old")["a set"]()
    for at in (1, 2):
        with (
            injected.disturbed(injected.Point(tmp_path, "interrupted between files", at)),
            pytest.raises(KeyboardInterrupt),
        ):
            doors(tmp_path, "new")["a set"]()
        assert not (tmp_path / "a.json").exists()
    doors(tmp_path, "new")["a set"]()
    assert {path.name for path in tmp_path.iterdir()} == set(SET)


def test_a_set_for_which_the_disk_is_too_small_leaves_the_old_set_as_it_was(tmp_path, injected):
    doors(tmp_path, "old")["a set"]()
    with injected.disturbed(injected.Point(tmp_path, "disk full, half written", 3)), pytest.raises(WriteError):
        doors(tmp_path, "new")["a set"]()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == dict.fromkeys(SET, b"old" * 50)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some space"), (errno.EROFS, "can be written to"), (errno.EIO, "give another folder")],
)
def test_an_error_names_the_file_what_the_system_says_and_the_remedy(tmp_path, monkeypatch, number, remedy):
    def refuse(*_):
        raise OSError(number, os.strerror(number), "something else")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(WriteError, match=remedy) as told:
        write_text(tmp_path / "a.txt", "new")
    assert str(told.value).startswith(f"{tmp_path / 'a.txt'}: cannot be written ({os.strerror(number)})")
    assert told.value.errno == number
    assert isinstance(told.value, OSError)


# --- what a killed program leaves ---------------------------------------------------------------------------------


def gone():
    """The number of a program that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
        return child.pid


def test_the_next_program_removes_what_a_killed_one_left_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "_swept", set())
    left = tmp_path / f".a.txt.{write.HERE}-{gone()}-00000000.part"
    kept = [
        tmp_path / f".a.txt.{write.HERE}-{os.getpid()}-00000000.part",  # being written now
        tmp_path / f".a.txt.ffffff-{gone()}-00000000.part",  # on another computer, today
        tmp_path / ".mine.part",
        tmp_path / "b.part",
    ]
    for path in (left, *kept):
        path.write_text("half")
    old = tmp_path / ".b.txt.ffffff-1-00000000.part"
    old.write_text("half")
    os.utime(old, (0, 0))
    write_text(tmp_path / "a.txt", "whole")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "a.txt", *kept])


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    def cut_off():
        with new_folder(tmp_path / "case") as place:
            (place / "half.csv").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "case").mkdir()
    with new_folder(tmp_path / "case") as place:
        (place / "whole.csv").write_text("whole")
    assert [path.name for path in (tmp_path / "case").iterdir()] == ["whole.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_case_whose_saving_was_cut_off_can_be_saved_again(tmp_path, injected):
    case = ti.load_case(CASE)
    with injected.disturbed(injected.Point(tmp_path, "disk full, half written", 3)), pytest.raises(WriteError):
        ti.save_case(case, tmp_path / "copy")
    ti.save_case(case, tmp_path / "copy")
    assert ti.load_case(tmp_path / "copy").border_units.equals(case.border_units)


# --- a run that resumes -------------------------------------------------------------------------------------------


def grid(folder):
    fall = ti.Scenario("a synthetic fall").capture("north_gate", "2001-06-08")
    return ti.run_grid(
        {"synthetic": ti.load_case(CASE)}, {"fall": fall}, to=folder, start="2001-06-05", end="2001-06-10", draws=512,
        chunk=256, rng=1, progress=False,
    )  # fmt: skip


def test_a_run_stopped_by_a_full_disk_goes_on_from_there_to_the_same_numbers(tmp_path, injected):
    whole = grid(tmp_path / "whole")
    for at in (2, 3):  # its second part, its netCDF file
        with (
            injected.disturbed(injected.Point(tmp_path / "cut", "disk full, half written", at)),
            pytest.raises(WriteError, match="cannot be written"),
        ):
            grid(tmp_path / "cut")
        for file in (tmp_path / "cut").glob("*.nc"):
            with pytest.raises(ti.TradeImpactError):
                ti.open_result(file)
        assert grid(tmp_path / "cut").equals(whole)
        assert not list((tmp_path / "cut").rglob("*.part"))
        (tmp_path / "cut" / "synthetic.fall.json").unlink()


# --- two at once --------------------------------------------------------------------------------------------------

HOLD = """
import sys
from tradeimpact.write import alone
with alone(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not held there")
def test_a_second_run_into_a_folder_is_told_so_until_the_first_has_ended_or_was_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "WAIT", 0.0)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "held\n"
        for attempt in (lambda: write_files({tmp_path / "a": "1", tmp_path / "b": "2"}), lambda: grid(tmp_path)):
            with pytest.raises(WriteError, match="another run is writing there; wait until it has ended"):
                attempt()
        assert list(tmp_path.iterdir()) == []
        child.kill()
    with alone(tmp_path), alone(tmp_path):  # a run may hold what it holds
        write_files({tmp_path / "a": "1", tmp_path / "b": "2"})


# --- a font that is not there -------------------------------------------------------------------------------------


def test_figures_without_their_font_are_drawn_in_another_with_a_warning_and_say_so(monkeypatch):
    from matplotlib import font_manager

    fonts_here = [font for font in font_manager.fontManager.ttflist if not font.name.startswith("DejaVu")]
    assert fonts.missing() == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with briefing():
            pass
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts_here)
    other = fonts.family()
    assert other != fonts.FONT
    with pytest.warns(TradeImpactWarning, match=f"Drawn in {other}, since DejaVu Sans is missing here"), briefing():
        pass
    assert footer_text(source="synthetic", grade=None).endswith("letters and line ends may differ.")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    with pytest.raises(ti.TradeImpactError, match="install DejaVu Sans"):
        fonts.family()
