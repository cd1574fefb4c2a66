"""The meanings of the house colours stay apart in a grey print and for readers who see colours differently.

Distances are Euclidean in CIELAB (D65; L* runs from 0, black, to 100, white); 2.3 is about the least that an eye can
tell side by side. Colour vision is simulated with the matrices of Machado, Oliveira and Fernandes (2009), A
Physiologically-based Model for Simulation of Color Vision Deficiency, IEEE Transactions on Visualization and Computer
Graphics 15(6), severity 1.0, on linear sRGB.
"""

from itertools import pairwise

import numpy as np
import pytest

from tradeimpact.figures import animate, bridge, compare, fan, fiscal, incidence, replay, sensitivity, small_multiples
from tradeimpact.figures.style import COUNTERFACTUAL, GAIN, GOVERNMENT, INK, INSURGENT, NOBODY, SOFT, holder_looks

SEEN = {
    "as it is": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)
PAPER = "#FFFFFF"
APART = 30.0  # where colour alone tells two meanings apart on the screen
APART_GREY = 15.0  # steps of grey that a print keeps


def lab(colour, seen="as it is"):
    coded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SEEN[seen] @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other, seen):
    return float(np.linalg.norm(lab(one, seen) - lab(other, seen)))


def test_the_simulation_agrees_with_another_program():
    # colorspacious 1.1.2, sRGB1+CVD of severity 100, to CIELab
    np.testing.assert_allclose(lab(GOVERNMENT, "protanopia"), [49.2, 6.9, -37.6], atol=0.06)
    np.testing.assert_allclose(lab(INSURGENT, "protanopia"), [47.5, -4.0, 53.6], atol=0.06)
    np.testing.assert_allclose(lab(GOVERNMENT, "deuteranopia"), [43.8, 9.5, -44.1], atol=0.06)
    np.testing.assert_allclose(lab(INSURGENT, "deuteranopia"), [58.0, -5.5, 62.4], atol=0.06)
    np.testing.assert_allclose(lab(GAIN, "deuteranopia"), [55.8, -1.3, 9.2], atol=0.06)


# told apart by nothing but their colour somewhere: plain fills of strips and bars, filled marks, lines on paper
ALONE = [
    (GOVERNMENT, NOBODY),
    (GOVERNMENT, COUNTERFACTUAL),
    (GOVERNMENT, INK),
    (GOVERNMENT, PAPER),
    (INSURGENT, COUNTERFACTUAL),
    (INSURGENT, INK),
    (INSURGENT, PAPER),
    (NOBODY, COUNTERFACTUAL),
    (NOBODY, PAPER),
    (GAIN, PAPER),
    (SOFT, PAPER),
]


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize(("one", "other"), ALONE)
def test_meanings_without_a_second_sign_stay_apart(one, other, seen):
    assert distance(one, other, seen) >= (APART_GREY if seen == "grey" else APART)


@pytest.mark.parametrize("seen", ["as it is", "protanopia", "deuteranopia"])
def test_government_and_insurgents_stay_apart_in_colour(seen):
    assert distance(GOVERNMENT, INSURGENT, seen) >= 2 * APART


def test_what_a_grey_print_cannot_tell_has_a_second_sign():
    assert distance(GOVERNMENT, INSURGENT, "grey") < APART_GREY  # which is why they need one
    assert distance(NOBODY, GAIN, "grey") < APART_GREY
    looks = list(holder_looks(["government", "north", "south", "east", "west", "nobody"]).values())
    assert len({look.marker for look in looks}) == len(looks)
    assert len({(look.hatch, look.colour) for look in looks}) == len(looks)
    assert all(look.hatch for look in looks if look.colour == INSURGENT)
    assert not any(look.hatch for look in looks if look.colour != INSURGENT)
    won, lost = (bridge._look(bridge.Bar(name="x", begin=0, mean=m, low=m, high=m)) for m in (-1.0, 1.0))
    assert won["facecolor"] == GAIN and won["hatch"]  # noqa: PT018
    assert lost["facecolor"] == NOBODY and "hatch" not in lost  # noqa: PT018


@pytest.mark.parametrize(
    "lines",
    [
        replay.LINES,
        fiscal.LINES,
        small_multiples.LINES,
        dict(enumerate([*fan.LOOKS, fan.UNCHANGED_LOOK, {"color": GOVERNMENT, "linestyle": "-"}])),
    ],
)
def test_lines_of_one_chart_differ_in_their_dashes_too(lines):
    assert len({str(look["linestyle"]) for look in lines.values()}) == len(lines)


def test_bars_of_one_chart_differ_in_their_fill_or_hatch_too():
    assert sensitivity.LOW_LOOK["hatch"] and "hatch" not in sensitivity.HIGH_LOOK  # noqa: PT018
    filled = [look for _, look in incidence.ROWS.values() if "hatch" not in look and look["facecolor"] != "white"]
    grey = [lab(look["facecolor"], "grey")[0] for look in filled]
    assert len(filled) == 3  # government, insurgents, burnt: each in a row of its own that names it
    assert min(grey) < 50 < max(grey)
    assert len(set(compare.MARKERS)) == len(compare.MARKERS)


@pytest.mark.parametrize("seen", SEEN)
def test_the_shades_of_a_probability_darken_step_by_step(seen):
    light = [
        lab("#" + "".join(f"{round(255 * c):02x}" for c in animate._shades()(p)[:3]), seen)[0]
        for p in np.linspace(0, 1, 11)
    ]
    assert all(here - there > 2.3 for here, there in pairwise(light))
    assert light[0] > 95
    assert light[-1] < 25
