"""Event data propose, a person decides: nothing enters a case unread, and every match says why."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.errors import CaseError, TradeImpactError
from tradeimpact.events.match import distances, likeness

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
HEADER = "event_id_cnty,event_date,event_type,sub_event_type,actor1,actor2,location,latitude,longitude,source,notes"
ROWS = [  # synthetic
    # north_gate stands at 10.5 N 20.5 E, south_gate at 10.0 N 20.2 E, east_gate at 9.5 N 22.0 E
    "SYN1,10 June 2001,Battles,Non-state actor overtakes territory,Invented rebels,,North Gate,10.5,20.5,Wire,",
    "SYN2,2001-06-25,Battles,Armed clash,Invented rebels,Army,Village,10.05,20.2,Wire,Synthetic",
    "SYN3,2001-06-26,Strategic developments,Non-violent transfer of territory,Invented rebels,,Eest Gate,9.6,22.3,W,",
    "SYN4,2001-06-27,Strategic developments,Other,Norland,,Border,10.0,20.21,Wire,Border trade shut to trucks",
    "SYN5,2001-06-28,Protests,Peaceful protest,People,,Capital,1.0,1.0,Wire,Synthetic",
    "SYN6,2001-06-28,Protests,Peaceful protest,People,,Road,,,Wire,Synthetic: marchers near the Upper Gate",
]


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture
def file(tmp_path):
    def write(*rows, header=HEADER):
        path = tmp_path / "events.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write


@pytest.fixture
def proposals(file, case):
    return ti.propose_reports(ti.read_events(file(*ROWS)), case).set_index("proposal", drop=False)


# --- reading ---


def test_days_of_both_spellings_and_missing_coordinates_are_read(file):
    events = ti.read_events(file(*ROWS))
    assert events["event_date"].dt.date.astype(str).tolist()[:2] == ["2001-06-10", "2001-06-25"]
    assert np.isnan(events["latitude"].iloc[-1])
    assert len(events) == len(ROWS)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROWS[1].replace("2001-06-25", "25/06/2001"), "column 'event_date', row 3: found '25/06/2001'"),
        (ROWS[1].replace("10.05", "100.5"), "column 'latitude', row 3: found '100.5'; expected degrees from -90 to 90"),
        (ROWS[1].replace("2001-06-25", "31 June 2001"), "found '31 June 2001'"),
    ],
)
def test_a_broken_cell_of_an_export_is_told_with_its_row(file, row, said):
    with pytest.raises(CaseError) as caught:
        ti.read_events(file(ROWS[0], row))
    assert said in str(caught.value)


def test_a_missing_column_is_told_with_a_suggestion(file):
    with pytest.raises(CaseError, match=r"columns sub_event_type are missing. Did you mean 'sub_event_typ'"):
        ti.read_events(file(*ROWS, header=HEADER.replace("sub_event_type", "sub_event_typ")))


# --- matching ---


def test_distances_are_those_of_the_great_circle():
    events = pd.DataFrame({"latitude": [0.0, 90.0], "longitude": [0.0, 0.0]})
    places = pd.DataFrame({"latitude": [0.0, 0.0, np.nan], "longitude": [90.0, 180.0, 0.0]})
    quarter = math.pi * 6371.0088 / 2
    assert distances(events, places)[0, :2].tolist() == pytest.approx([quarter, 2 * quarter])
    assert distances(events, places)[1, 0] == pytest.approx(quarter)
    assert np.isnan(distances(events, places)[0, 2])


def test_names_are_alike_whatever_their_case_and_place_in_the_text():
    assert likeness("North Gate", "the NORTH gate, old town") == 1.0
    assert likeness("north gate", "south gate") < 0.85 < likeness("east gate", "eest gate")
    assert likeness("gate", "") == 0.0


def test_events_are_matched_by_place_by_name_and_by_both_with_the_reason(proposals):
    assert proposals.loc["ev_SYN1", ["crossing", "match", "distance_km"]].tolist() == [
        "north_gate",
        "place and name",
        0.0,
    ]
    near = proposals.loc["ev_SYN2"]
    assert (near["crossing"], near["match"]) == ("south_gate", "place")
    assert near["distance_km"] == pytest.approx(0.05 * math.pi / 180 * 6371.0088)  # 0.05 degrees of a meridian
    far = proposals.loc["ev_SYN3"]
    assert (far["crossing"], far["match"]) == ("east_gate", "name")
    assert "the name fits but the place is far off" in far["why"]
    assert proposals.loc["ev_SYN6", ["crossing", "match"]].tolist() == [
        "north_gate",
        "name",
    ]  # its other name, in the notes


def test_words_of_the_case_are_proposed_where_one_fits_and_none_where_not(proposals):
    events = proposals[["event", "about"]].agg(tuple, axis=1).to_dict()
    assert events["ev_SYN1"] == ("captured", "control")
    assert events["ev_SYN2"] == ("contested", "control")
    assert events["ev_SYN3"] == ("captured", "control")  # by insurgents, peacefully
    assert events["ev_SYN4"] == ("trade_halted", "trade")
    assert events["ev_SYN6"][0] == ""
    assert set(proposals["accept"]) == {""}
    assert proposals.loc["ev_SYN1", "already"] == "rp001"


def test_events_elsewhere_are_left_out_or_listed_as_refused(file, case):
    events = ti.read_events(file(*ROWS))
    assert len(ti.propose_reports(events, case)) == 5
    everything = ti.propose_reports(events, case, unmatched=True)
    assert len(everything) == len(ROWS)
    assert everything.iloc[-1][["accept", "match", "crossing"]].tolist() == ["no", "none", ""]
    with pytest.raises(TradeImpactError, match=r"none of 1 events .* km away"):
        ti.propose_reports(events.iloc[4:5], case)


# --- accepting ---


def test_accepted_proposals_become_reports_and_refused_ones_do_not(proposals, case):
    decided = proposals.assign(accept=["no", "Yes", "no", "no", "n"])
    more = ti.accept_reports(case, decided)
    new = more.reports[~more.reports["report"].isin(case.reports["report"])].iloc[0]
    assert (new["report"], new["crossing"], new["event"], new["grade"]) == ("ev_SYN2", "south_gate", "contested", "C")
    assert new["published_latest"] == pd.Timestamp("2001-07-02")  # a week later, as such data come out
    assert "event_data" in set(more.sources["source"])
    assert len(more.reports) == len(case.reports) + 1
    assert more.changes["name"].tolist() == ["reports", "sources"]
    assert ti.accept_reports(case, proposals.assign(accept="no")) is case


def test_a_table_saved_as_csv_and_decided_elsewhere_is_taken(proposals, case, tmp_path):
    proposals.assign(accept=["yes", "no", "yes", "yes", "no"]).to_csv(tmp_path / "p.csv", index=False)
    assert len(ti.accept_reports(case, pd.read_csv(tmp_path / "p.csv")).reports) == len(case.reports) + 3


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("accept", ["yes", "", "no", "", "no"], "rows 3, 5: found 2 undecided proposals"),
        ("accept", ["yes", "perhaps", "no", "no", "no"], "row 3: found 'perhaps'; expected yes or no"),
        ("event", ["captured", "conquered", "captured", "trade_halted", "captured"], "Choose the word that fits"),
        ("event", ["captured"] * 4 + [""], "an empty cell in an accepted row"),
        (
            "crossing",
            ["north_gate", "sauth_gate", "east_gate", "south_gate", "north_gate"],
            "Did you mean 'south_gate'",
        ),
        ("date", ["2001-06-10", "soon", "2001-06-26", "2001-06-27", "2001-06-28"], "Write year-month-day"),
        ("proposal", ["ev_1", "rp001", "ev_3", "ev_4", "ev_5"], "'rp001', which the case has already"),
    ],
)
def test_undecided_and_malformed_proposals_are_refused_with_what_to_do(proposals, case, column, values, said):
    table = proposals.assign(accept="yes", event="captured").assign(**{column: values})
    with pytest.raises(CaseError) as caught:
        ti.accept_reports(case, table)
    assert said in str(caught.value)
