"""The same numbers whatever does the work: chunks, threads, a cluster, an interruption, one draw alone, or streamed."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact import parts
from tradeimpact.engine.blocks import BLOCK
from tradeimpact.engine.progress import Meter
from tradeimpact.engine.schedule import in_order, worker_count
from tradeimpact.engine.store import Store
from tradeimpact.engine.stream import RELATIVE_ERROR, Sketch, count
from tradeimpact.model.ledger import LINES
from tradeimpact.tally import rows

CASE = Path(__file__).parent / "cases" / "synthetic-3"
WINDOW = {"start": "2001-06-10", "end": "2001-06-30"}
TABLES = ("crossing", "group", "month", "authority")


@pytest.fixture(scope="module")
def case():
    return ti.load_case(CASE)


@pytest.fixture(scope="module")
def fall():
    return ti.Scenario("a synthetic fall").capture("north_gate", "2001-06-14").close("south_gate", "2001-06-20")


@pytest.fixture(scope="module")
def whole(case, fall):
    return ti.simulate(case, fall, **WINDOW, draws=1100, rng=4, threads=1, keep=["government_revenue"])


def assert_same(a, b):
    """Every table of two results, to the bit."""
    for first, second in zip(tables(a), tables(b), strict=True):
        pd.testing.assert_frame_equal(first, second, check_exact=True)


def tables(r):
    return [r.draws(), r.drawn(), r.summary(), r.bridge(), r.daily(), r.cumulative(), *(r.by(name) for name in TABLES)]


# --- same bits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chunk", "threads"), [(1, 1), (7, 2), (1000, 1), (1000, 2), (None, 2), (None, None)])
def test_chunks_and_threads_change_no_bit(case, fall, whole, chunk, threads):
    again = ti.simulate(
        case, fall, **WINDOW, draws=1100, rng=4, chunk=chunk, threads=threads, keep=["government_revenue"]
    )
    assert_same(whole, again)
    np.testing.assert_array_equal(whole.kept("government_revenue"), again.kept("government_revenue"))


def test_a_history_as_reported_is_the_same_on_two_threads():
    afghan = ti.load_case("afghanistan-2021")
    args = {"start": "2021-07-10", "end": "2021-07-16", "draws": 600, "rng": 2}
    one = ti.simulate(afghan, afghan.as_reported(), **args, threads=1)
    two = ti.simulate(afghan, afghan.as_reported(), **args, threads=2, chunk=1)
    assert_same(one, two)


def test_fewer_draws_are_the_first_of_more(case, fall, whole):
    fewer = ti.simulate(case, fall, **WINDOW, draws=300, rng=4)
    pd.testing.assert_frame_equal(fewer.draws(), whole.draws().iloc[:300], check_exact=True)


def test_streamed_tables_are_the_same_whatever_the_chunk(case, fall, monkeypatch):
    monkeypatch.setattr(parts, "EXACT_DRAWS", 512)
    one, two = (
        ti.simulate(case, fall, **WINDOW, draws=1100, rng=4, chunk=chunk, threads=threads)
        for chunk, threads in ((1, 2), (5000, 1))
    )
    assert one.totals.streamed
    assert two.totals.streamed
    assert_same(one, two)


# --- a cluster ----------------------------------------------------------------------------------------------------


@contextmanager
def workers(count):
    distributed = pytest.importorskip("distributed")
    # workers that are processes, as on a cluster; their own log of a lost one is not ours to print
    with (
        distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as made,
        distributed.Client(made) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def cluster():
    with workers(2) as client:
        yield client


@pytest.mark.filterwarnings("default")  # of the cluster's own libraries
def test_two_workers_give_the_same_bits(case, fall, whole, cluster):
    again = ti.simulate(case, fall, **WINDOW, draws=1100, rng=4, chunk=1, client=cluster, keep=["government_revenue"])
    assert_same(whole, again)


@pytest.mark.filterwarnings("default")
def test_a_worker_killed_in_mid_run_loses_nothing(case, fall, whole, cluster):
    assert_same(whole, killing_one(case, fall, cluster))


@pytest.mark.filterwarnings("default")
def test_the_only_worker_killed_takes_nothing_with_it(case, fall, whole):
    with workers(1) as client:  # what all parts share is lost with it and has to be sent again
        assert_same(whole, killing_one(case, fall, client))


def killing_one(case, fall, client):
    """A run of which one worker is killed when the first part is there."""
    killed = []

    def kill_one(done, total):
        if not killed and done >= BLOCK:
            pids = list(client.run(os.getpid).values())
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])

    again = ti.simulate(
        case, fall, **WINDOW, draws=1100, rng=4, chunk=1, client=client, progress=kill_one, keep=["government_revenue"]
    )
    assert killed
    return again


def test_a_client_that_is_none_is_refused(case, fall):
    with pytest.raises(ti.TradeImpactError, match=r"expected a dask\.distributed\.Client"):
        ti.simulate(case, fall, **WINDOW, draws=10, client="localhost")


# --- interruption -------------------------------------------------------------------------------------------------


def stop_after(draws):
    def progress(done, total):
        if done >= draws:
            raise KeyboardInterrupt

    return progress


def test_an_interrupted_run_keeps_what_is_finished(case, fall, whole):
    with pytest.raises(ti.Interrupted, match=r"stopped after 512 of 1,100 draws; they are in \.result") as stopped:
        ti.simulate(case, fall, **WINDOW, draws=1100, rng=4, chunk=1, threads=1, progress=stop_after(512))
    assert isinstance(stopped.value, KeyboardInterrupt)  # so that a notebook or a loop stops
    kept = stopped.value.result
    assert kept.count == 512
    assert_same(kept, ti.simulate(case, fall, **WINDOW, draws=512, rng=4))
    assert kept.to("usd").count == 512


def test_a_run_stopped_at_once_has_nothing_to_keep(case, fall, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(parts, "run_blocks", stop)
    with pytest.raises(ti.Interrupted, match="stopped after 0 of 600 draws") as stopped:
        ti.simulate(case, fall, **WINDOW, draws=600, rng=4, threads=1)
    assert stopped.value.result is None


def grid(case, fall, folder, **more):
    return ti.run_grid(
        {"synthetic": case}, {"fall": fall, "nothing": None}, to=folder, **WINDOW, draws=1100, rng=4, chunk=1, **more
    )


def test_a_grid_that_was_interrupted_goes_on_and_ends_where_an_undisturbed_one_does(case, fall, whole, tmp_path):
    undisturbed = grid(case, fall, tmp_path / "a")
    with pytest.raises(ti.Interrupted, match="the same call goes on from there"):
        grid(case, fall, tmp_path / "b", threads=1, progress=stop_after(600))
    unfinished = sorted((tmp_path / "b" / "unfinished").rglob("*.npz"))
    assert len(unfinished) == 3
    unfinished[1].write_bytes(unfinished[1].read_bytes()[:-100])  # a damaged part is done again
    calls = []
    resumed = grid(case, fall, tmp_path / "b", threads=1, progress=lambda done, total: calls.append(done))
    pd.testing.assert_frame_equal(undisturbed, resumed, check_exact=True)
    assert not list((tmp_path / "b" / "unfinished").rglob("*.npz"))
    data = ti.open_result(tmp_path / "b" / "synthetic.fall.nc")
    np.testing.assert_array_equal(data["government_loss"].sum("crossing"), whole.draws()["government_loss"])
    pd.testing.assert_frame_equal(
        resumed.loc[("synthetic", "fall", "")].drop(columns="file"), whole.summary(), check_exact=True
    )
    # finished cells are read, not run
    calls.clear()
    pd.testing.assert_frame_equal(grid(case, fall, tmp_path / "b", progress=lambda *_: calls.append(1)), resumed)
    assert calls == []


def test_a_run_killed_while_it_writes_is_finished_by_the_next(case, fall, tmp_path):
    code = (
        "import tradeimpact as ti, os, signal, sys\n"
        "case = ti.load_case(sys.argv[1])\n"
        "fall = ti.Scenario('a synthetic fall').capture('north_gate', '2001-06-14').close('south_gate', '2001-06-20')\n"
        "stop = lambda done, total: os.kill(os.getpid(), signal.SIGKILL) if done >= 512 else None\n"
        "ti.run_grid({'synthetic': case}, {'fall': fall, 'nothing': None}, to=sys.argv[2], start='2001-06-10',\n"
        "            end='2001-06-30', draws=1100, rng=4, chunk=1, threads=1, progress=stop)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(CASE), str(tmp_path / "b")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not list((tmp_path / "b").glob("*.nc"))
    assert len(list((tmp_path / "b").rglob("*.npz"))) == 2
    pd.testing.assert_frame_equal(grid(case, fall, tmp_path / "a"), grid(case, fall, tmp_path / "b"), check_exact=True)


def test_a_grid_of_another_seed_or_a_damaged_file_is_run_again(case, fall, tmp_path):
    first = grid(case, fall, tmp_path)
    file = tmp_path / "synthetic.fall.nc"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ti.TradeImpactError, match="not the file its manifest was written for"):
        ti.open_result(file)
    pd.testing.assert_frame_equal(grid(case, fall, tmp_path), first)
    assert ti.open_result(file).sizes["draw"] == 1100
    other = ti.run_grid({"synthetic": case}, {"fall": fall}, to=tmp_path, **WINDOW, draws=1100, rng=5)
    assert (other["mean"].iloc[:3].to_numpy() != first["mean"].iloc[:3].to_numpy()).any()


def test_a_grid_runs_over_days_and_writes_a_manifest(case, tmp_path):
    table = ti.run_grid(
        {"synthetic": case},
        {"as-reported": case.as_reported()},
        as_of=["2001-06-12", "2001-06-20"],
        to=tmp_path,
        start={"synthetic": "2001-06-10"},
        end={"synthetic": "2001-06-30"},
        draws=64,
        rng=1,
    )
    assert list(table.index.unique("as_of")) == ["2001-06-12", "2001-06-20"]
    body = json.loads((tmp_path / "synthetic.as-reported.2001-06-12.json").read_text("utf-8"))
    assert body["as_of"] == "2001-06-12"
    assert body["seed"] == 1
    assert str(tmp_path) not in json.dumps(body)


def test_a_grid_refuses_names_that_are_no_file_names_and_empty_grids(case, tmp_path):
    with pytest.raises(ti.TradeImpactError, match="part of a file name"):
        ti.run_grid({"../up": case}, {"nothing": None}, to=tmp_path, **WINDOW)
    with pytest.raises(ti.TradeImpactError, match="at least one case"):
        ti.run_grid({}, {"nothing": None}, to=tmp_path, **WINDOW)
    with pytest.raises(ti.TradeImpactError, match="no finished result"):
        ti.open_result(tmp_path / "nothing.nc")
    with pytest.raises(ti.TradeImpactError, match="before it starts"):
        ti.run_grid({"a": case}, {"b": None}, to=tmp_path, start="2001-06-10", end="2001-06-01")


# --- streamed quantiles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e9])
def test_counted_quantiles_stay_within_their_stated_error(scale):
    rng = np.random.default_rng(1)
    x = scale * np.stack(
        [rng.normal(5, 2, 9000), rng.lognormal(0, 2, 9000), -rng.exponential(1, 9000), rng.normal(0, 1, 9000)]
    )
    sketch = Sketch(4)
    for part in np.array_split(x, 7, axis=1):
        sketch.merge(count(part))
    points = (0.01, 0.05, 0.5, 0.95, 0.99)
    found, exact = sketch.quantiles(points), np.quantile(x, points, axis=-1)
    step = np.quantile(x, np.add(points, 2 / 9000).clip(0, 1), axis=-1) - np.quantile(
        x, np.subtract(points, 2 / 9000).clip(0, 1), axis=-1
    )
    assert (np.abs(found - exact) <= RELATIVE_ERROR * np.abs(exact) + step).all()


def test_counts_keep_zeros_exact_leave_missing_out_and_merge_in_any_order():
    x = np.zeros((3, 1000))
    x[0, 970:] = 5e8  # zero up to the 97th percentile
    x[1, ::2] = np.nan
    x[2] = np.nan
    x[1, 1::2] = 7.0
    pieces = [count(part) for part in np.array_split(x, 4, axis=1)]
    forward, backward = Sketch(3), Sketch(3)
    for piece in pieces:
        forward.merge(piece)
    for piece in reversed(pieces):
        backward.merge(piece)
    found = forward.quantiles((0.05, 0.5, 0.95, 0.99))
    np.testing.assert_array_equal(found, backward.quantiles((0.05, 0.5, 0.95, 0.99)))
    assert list(found[:3, 0]) == [0, 0, 0]
    assert found[3, 0] == pytest.approx(5e8, rel=RELATIVE_ERROR)
    assert found[:, 1] == pytest.approx(np.full(4, 7.0), rel=RELATIVE_ERROR)
    assert np.isnan(found[:, 2]).all()


def test_a_streamed_run_tells_what_an_exact_one_does(case, fall, monkeypatch):
    exact = ti.simulate(case, fall, **WINDOW, draws=3000, rng=4)
    monkeypatch.setattr(parts, "EXACT_DRAWS", 1024)
    streamed = ti.simulate(case, fall, **WINDOW, draws=3000, rng=4)
    for name in ("draws", "summary", "bridge"):
        pd.testing.assert_frame_equal(getattr(streamed, name)(), getattr(exact, name)(), check_exact=True)
    pd.testing.assert_frame_equal(streamed.drawn(), exact.drawn(), check_exact=True)
    for kind in ("crossing", "month", "daily", "cumulative"):
        one, other = exact.totals.table(kind), streamed.totals.table(kind)
        assert list(one.index) == list(other.index)
        np.testing.assert_allclose(other["mean"], one["mean"], rtol=1e-12, atol=1e-9)
        values = rows(exact.inputs, kind, exact.totals)
        known = ~np.isnan(values).any(axis=1)
        for name, point in (("median", 0.5), ("low", 0.05), ("high", 0.95)):
            below, above = np.quantile(values[known], [point - 1 / 3000, point + 1 / 3000], axis=-1)
            found = other[name].to_numpy()[known]
            slack = RELATIVE_ERROR * np.abs(found) + 1e-9
            assert ((below - slack <= found) & (found <= above + slack)).all(), (kind, name)
        assert (other["mc_error"].dropna() >= 0).all()
    zero = exact.by("crossing")["high"] == 0
    assert zero.any()
    assert (streamed.by("crossing")["high"][zero] == 0).all()
    with pytest.raises(ti.TradeImpactError, match="cannot be weighted afterwards"):
        replace(streamed, weights=np.ones(3000)).by("crossing")
    assert set(streamed.to_xarray().dims) == {"draw"}
    assert replace(streamed, weights=np.ones(3000)).summary().loc["baseline", "mean"] > 0


# --- one draw, kept lines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 255, 256, 1099])
def test_one_draw_run_alone_is_the_draw_of_the_run(whole, number):
    one = whole.draw(number)
    line = one.line("government_revenue")
    np.testing.assert_allclose(
        line.to_numpy().T, whole.kept("government_revenue").isel(draw=number).to_numpy()[:-1], rtol=1e-12
    )
    for name in LINES:
        if name not in ("illicit_transit", "insurgent_revenue", "insurgent_baseline"):
            total = one.totals.get(name)
            if total is not None:
                assert one.ledger[name].sum() == pytest.approx(total, rel=1e-9, abs=1e-6), name
    assert one.assumptions["theta"] == whole.drawn()["theta"].iloc[number]
    np.testing.assert_allclose(one.holders.drop(columns="open_share").sum(axis=1), 1)
    assert one.holders.loc[("2001-06-14", "north_gate"), "government"] == 0
    assert one.holders.loc[("2001-06-20", "south_gate"), "open_share"] == 0
    assert f"draw {number}," in repr(one)


def test_a_draw_in_dollars_is_in_dollars():
    afghan = ti.load_case("afghanistan-2021")
    fall = ti.Scenario("fall").capture("spin_boldak", "2021-07-14")
    r = ti.simulate(afghan, fall, start="2021-07-12", end="2021-07-18", draws=20, rng=1, keep="baseline")
    dollars = r.to("usd")
    one = dollars.draw(3)
    assert one.ledger["government_loss"].sum() == pytest.approx(dollars.draws()["government_loss"][3], rel=1e-9)
    assert float(dollars.kept("baseline").isel(draw=3).sum()) == pytest.approx(one.totals["baseline"], rel=1e-9)


@pytest.mark.parametrize("number", [-1, 1100, 2.0, True, "3"])
def test_a_draw_that_is_not_there_is_refused(whole, number):
    with pytest.raises(ti.TradeImpactError, match="the result has draws 0 to 1099"):
        whole.draw(number)


def test_an_unknown_line_of_a_draw_is_refused(whole):
    with pytest.raises(ti.TradeImpactError, match="expected one of baseline"):
        whole.draw(0).line("profit")


def test_kept_lines_add_up_to_the_totals_with_what_no_crossing_has(case, fall):
    lines = ["government_loss", "insurgent_revenue", "illicit_transit"]
    r = ti.simulate(case, fall, **WINDOW, draws=40, rng=4, keep=lines)
    for line in ("government_loss", "insurgent_revenue"):
        np.testing.assert_allclose(r.kept(line).sum(["crossing", "day"]), r.draws()[line], rtol=1e-9, atol=1e-6)
    assert r.kept("illicit_transit").sel(crossing="(national)").sum() == pytest.approx(
        r.draws()["illicit_transit"].sum()
    )
    assert r.kept("government_loss").dims == ("crossing", "day", "draw")
    assert "government_loss_by_day" in r.to_xarray()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"keep": ["government_los"]}, "did you mean 'government_loss'"),
        ({"keep": ["zzz"]}, "expected some of baseline"),
        ({"chunk": 0}, "chunk=0"),
        ({"chunk": 2.5}, "chunk=2.5"),
        ({"threads": 0}, "threads=0"),
        ({"threads": True}, "threads=True"),
        ({"progress": 3}, "progress=3"),
    ],
)
def test_a_bad_way_of_running_is_refused_before_any_work(case, fall, how, message):
    with pytest.raises(ti.TradeImpactError, match=re.escape(message)):
        ti.simulate(case, fall, **WINDOW, draws=10, **how)


def test_a_line_that_was_not_kept_is_refused(whole):
    with pytest.raises(ti.TradeImpactError, match=r"this result holds government_revenue; simulate with keep="):
        whole.kept("government_loss")


# --- progress, estimate, enough draws -----------------------------------------------------------------------------


def test_progress_is_told_part_by_part_to_the_end(case, fall):
    told = []
    ti.simulate(case, fall, **WINDOW, draws=700, rng=4, chunk=256, progress=lambda *x: told.append(x))
    assert told == [(256, 700), (512, 700), (700, 700)]


def test_a_bar_is_shown_when_asked_for_and_not_where_nobody_watches(capfd):
    with Meter(10, True, "a run") as meter:
        meter.add(10)
    assert "a run" in capfd.readouterr().err
    with Meter(10, None, "a run") as meter:
        meter.add(10)
    assert capfd.readouterr().err == ""


def test_parts_come_in_order_and_at_most_a_few_are_ahead():
    running = []

    def slow(run, numbers):
        running.append(numbers[0])
        return numbers[0]

    made = in_order(slow, None, [[n] for n in range(50)], threads=2)
    assert next(made) == 0
    assert len(running) <= 8
    assert list(made) == list(range(1, 50))
    assert worker_count(4, 2) == 2


def test_an_estimate_names_time_and_memory(case, fall):
    small, large = (ti.estimate_run(case, fall, **WINDOW, draws=n, threads=1) for n in (1_000, 1_000_000))
    assert large.seconds > 100 * small.seconds / 4
    assert small.megabytes < large.megabytes < 2000
    assert re.search(r"1,000,000 draws x 21 days: about .* on 1 thread\.", large.text)


def test_convergence_says_whether_draws_are_enough(case, fall, whole):
    loose, tight, plain = whole.convergence(0.5), whole.convergence(1e-6), whole.convergence()
    assert loose.enough is True
    assert "enough draws" in loose.text
    assert tight.enough is False
    assert tight.needed > whole.count
    assert f"{tight.needed:,}" in tight.text
    assert plain.enough is None
    assert list(plain.table.index.unique("draws")) == [64, 128, 256, 512, 1024, 1100]
    pd.testing.assert_frame_equal(plain.table.loc[1100], whole.summary(), check_exact=True)
    half = ti.simulate(case, fall, **WINDOW, draws=512, rng=4).summary()
    pd.testing.assert_frame_equal(plain.table.loc[512], half, check_exact=True)
    zero = ti.simulate(case, None, **WINDOW, draws=64, rng=1).convergence(0.01)
    assert zero.enough is True  # a loss that is zero in every draw
    few = ti.simulate(case, fall, **WINDOW, draws=10, rng=1).convergence(0.01)
    assert "too few" in few.text


def test_the_stated_monte_carlo_error_is_how_far_medians_of_other_seeds_lie(case, fall):
    runs = [ti.simulate(case, fall, **WINDOW, draws=512, rng=seed).summary() for seed in range(24)]
    medians = np.array([r.loc["government_loss", "median"] for r in runs])
    stated = np.mean([r.loc["government_loss", "mc_error"] for r in runs])
    assert 0.5 < medians.std(ddof=1) / stated < 2


@pytest.mark.parametrize(("given", "message"), [((0.0,), "tolerance=0.0"), ((0.1, "profit"), "line='profit'")])
def test_a_question_of_convergence_that_means_nothing_is_refused(whole, given, message):
    with pytest.raises(ti.TradeImpactError, match=re.escape(message)):
        whole.convergence(*given)


def test_the_picture_of_convergence_is_saved_with_its_table(whole, tmp_path):
    whole.convergence(0.01).plot(save=tmp_path / "settled")
    table = pd.read_csv(tmp_path / "settled.csv")
    assert list(table["draws"]) == [64, 128, 256, 512, 1024, 1100]


def test_correlations_asked_for_are_the_correlations_drawn(case, fall):
    afghan = ti.load_case("afghanistan-2021")
    r = ti.simulate(afghan, None, start="2021-06-22", end="2021-06-22", draws=4096, rng=1)
    drawn = r.drawn().rank()
    checked = 0
    for group, rho in afghan.correlations.items():
        members = [m for m in r.inputs.marginals if m.group == group and len(m.options) == 1]
        for i, a in enumerate(members):
            for b in members[i + 1 :]:
                if a.name in drawn and b.name in drawn and drawn[a.name].nunique() > 9 < drawn[b.name].nunique():
                    # a Gaussian copula's rank correlation (Kruskal 1958)
                    expected = 6 / np.pi * np.arcsin(a.sign * b.sign * rho / 2)
                    assert drawn[a.name].corr(drawn[b.name]) == pytest.approx(expected, abs=0.03), (a.name, b.name)
                    checked += 1
    assert checked >= 3


def test_a_store_takes_no_part_that_cannot_be_read(tmp_path):
    store = Store(tmp_path, "a" * 64)
    store.save([3, 4], {"x": np.arange(3.0)})
    assert store.load([3, 4], ["x"])["x"].tolist() == [0, 1, 2]
    assert store.load([3, 4], ["y"]) is None
    assert store.load([5], ["x"]) is None
    store.path([3, 4]).write_bytes(b"PK\x03\x04 not a part")
    assert store.load([3, 4], ["x"]) is None
