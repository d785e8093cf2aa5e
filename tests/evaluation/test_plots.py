import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tfc_vae.evaluation import plots

OURS = {"bpp": [0.2, 0.5, 1.5], "db": [28, 32, 37]}
JPEG = {"bpp": [0.1, 0.5, 3.0], "db": [22, 29, 38]}
VTM = {"bpp": [0.05, 0.5, 4.0], "db": [26, 34, 46]}


def drawn():
    measured = {"JPEG 4:2:0": JPEG, "ours <1>": OURS}
    return plots.draw(measured, {"VTM": VTM}, ["ours <1>"], "psnr", "title")


@pytest.fixture(scope="module")
def figure():
    return drawn()


def lines(figure):
    (axes,) = figure.axes
    _, labels = axes.get_legend_handles_labels()
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(axes.lines) == len(names)
    return axes, names


def test_our_curve_is_thickest_and_on_top_and_published_ones_thinnest(figure):
    axes, _ = lines(figure)
    vtm, jpeg, ours = sorted(axes.lines, key=lambda line: line.get_linewidth())
    assert list(ours.get_ydata()) == OURS["db"] and list(vtm.get_ydata()) == VTM["db"]
    assert vtm.get_zorder() < jpeg.get_zorder() < ours.get_zorder()


def test_the_legend_names_every_curve_best_first(figure):
    assert lines(figure)[1] == ["VTM", "ours <1>", "JPEG 4:2:0"]


def test_rates_are_logarithmic_with_plain_numbers_around_ours(figure):
    axes, _ = lines(figure)
    figure.canvas.draw()
    assert axes.get_xscale() == "log"
    low, high = axes.get_xlim()
    assert 0.1 < low < 0.2 and 1.5 < high < 3
    shown = [text.get_text() for text in axes.get_xticklabels()]
    assert shown == ["0.2", "0.5", "1", "2"]


@pytest.mark.parametrize("limits", [(0.11, 0.19), (0.6, 0.9), (0.02, 9)])
def test_there_are_always_some_ticks(limits):
    ticks = plots._ticks(limits)
    assert len(ticks) >= 2 and all(limits[0] <= tick <= limits[1] for tick in ticks)


def test_curves_stay_within_the_height_where_they_are_shown(figure):
    axes, _ = lines(figure)
    left, right = (
        np.interp(np.log(limit), np.log(curve["bpp"]), curve["db"])
        for limit, curve in zip(axes.get_xlim(), (JPEG, VTM), strict=True)
    )
    low, high = axes.get_ylim()
    assert 22 < low < left and right < high < 46


def test_png_and_svg_can_be_read_and_svg_is_repeatable(figure):
    with Image.open(io.BytesIO(plots.to_png(figure))) as image:
        assert image.width >= 1200
    svg = plots.to_svg(drawn())
    assert svg == plots.to_svg(drawn())
    assert "ours <1>" in "".join(ElementTree.fromstring(svg).itertext())  # as text


def test_inline_svg_takes_the_pages_colours_and_shares_no_id(figure):
    svg = plots.to_svg(figure)
    one, two = (plots.inline_svg(svg, salt) for salt in ("one", "two"))
    assert "http" not in one and plots.INK not in one and "currentColor" in one
    assert "#ffffff" not in one  # the background of figure and axes
    ids = [set(re.findall(r'id="([^"]*)"', text)) for text in (one, two)]
    assert ids[0] and not ids[0] & ids[1]
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]*)', one))
    assert used <= ids[0]


def test_one_point_is_a_plot_too():
    """Kills: no height around it, and a curve whose points are not drawn."""
    point = {"bpp": [0.5], "db": [30]}
    figure = plots.draw({"ours": point}, {}, ["ours"], "ms_ssim", "one")
    (axes,) = figure.axes
    assert axes.get_ylabel() == "MS-SSIM (dB)"
    low, high = axes.get_ylim()
    assert low < 30 < high
    with Image.open(io.BytesIO(plots.to_png(figure))) as image:
        rgb = np.asarray(image.convert("RGB")).astype(int)
    ours = [int(plots.OURS[0][i : i + 2], 16) for i in (1, 3, 5)]
    point = np.argwhere(np.abs(rgb - ours).max(2) < 8)
    across = point[:, 1] / rgb.shape[1]  # the legend's line is at the right
    assert (across < 0.6).sum() > 50 and (across > 0.8).any()
