"""Tables: what the integers cost, and what is refused."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from tfc_vae.coding import (
    CodingError,
    Tables,
    concatenate,
    from_pmfs,
    gaussian,
    laplace,
)
from tfc_vae.coding.lanes import ideal_bits

SCALES = np.geomspace(0.11, 64, 64)


def two_rows():
    """Row 0: values 5 and 6; row 1: value -1, skipped. Precision 3, so eighths."""
    return Tables(
        precision=3,
        low=np.array([5, -1]),
        size=np.array([2, 1]),
        frequencies=np.array([[4, 3, 1], [2, 6, 0]]),
        skip=np.array([False, True]),
    )


PMFS = [(0.5, 0.3, 0.2), (0.98, 0.01), (0.01, 0.01, 0.01), (0.0, 1.0, 0.0), (1.0,)]
# Rounded: 2, 9, 4, 1. Of 16ths, 2.49 log2(3/2) > 8.51 log2(9/8): 3, 8, 4, 1 is cheaper.
PMFS += [(2.49 / 16, 8.51 / 16, 4 / 16)]
PMFS += np.random.default_rng(0).dirichlet((0.4, 0.7, 1.0, 0.3), 9)[:, :3].tolist()


@pytest.mark.parametrize("pmf", PMFS)
def test_no_other_integers_are_cheaper(pmf):
    """Kills: a search that ends early, where rounding alone is not the best."""
    total = 16
    found = from_pmfs([np.array(pmf)], [0], precision=4).frequencies[0]
    everything = np.append(pmf, 1 - sum(pmf))  # with the escape

    def cost(frequencies):
        return -(everything * np.log2(np.array(frequencies) / total)).sum()

    candidates = itertools.product(range(1, total), repeat=len(everything))
    best = min(cost(c) for c in candidates if sum(c) == total)
    assert cost(found) == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("precision", [12, 13, 14])
def test_gaussian_rows_cost_at_most_half_a_percent_over_their_entropy(precision):
    scales = np.geomspace(0.3, 64, 20)
    tables = gaussian(scales, precision)
    for row, scale in enumerate(scales):
        values = np.arange(-400, 401)
        edges = [math.erf((v - 0.5) / scale / math.sqrt(2)) / 2 for v in range(402)]
        half = np.diff(edges)  # P(0) to P(400)
        pmf = np.concatenate([half[:0:-1], half])
        pmf = np.maximum(pmf, 1e-300) / pmf.sum()
        rows = np.full(len(values), row)
        bits = [ideal_bits(values[i : i + 1], rows[:1], tables) for i in range(801)]
        entropy = -(pmf * np.log2(pmf)).sum()
        assert entropy <= (pmf * bits).sum() <= 1.005 * entropy


def test_gaussian_rows_end_where_the_tail_is_small_and_never_beyond_the_radius():
    tables = gaussian([0.11, 1.0, 64.0], 12, tail=1e-3, radius=150)
    # P(|v| > 3) = P(|N(0, 1)| > 3.5) = 4.7e-4 < 1e-3 < 1.2e-2 = P(|N(0, 1)| > 2.5)
    assert tables.low.tolist() == [0, -3, -150]
    assert tables.size.tolist() == [1, 7, 301]


def test_a_tail_has_two_sides():
    # P(|N(0, 1)| > 2.5) = 1.2e-2, each side alone 6.2e-3
    assert gaussian([1.0], 12, tail=8e-3).low.tolist() == [-3]


def test_a_laplace_row_is_the_closed_form():
    scale, total = 3.0, 2**14
    tables = laplace([scale], 14)
    values = tables.low[0] + np.arange(tables.size[0])
    # P(v > x) = exp(-x sqrt(2) / scale) / 2 for x > 0: the standard deviation is scale
    edge = np.exp(-(np.abs(values) - 0.5) * math.sqrt(2) / scale) / 2
    expected = edge - np.exp(-(np.abs(values) + 0.5) * math.sqrt(2) / scale) / 2
    expected[values == 0] = 1 - math.exp(-0.5 * math.sqrt(2) / scale)
    found = tables.frequencies[0, : tables.size[0]] / total
    np.testing.assert_allclose(found, expected, atol=5 / total)
    assert np.sqrt((found * values**2).sum()) == pytest.approx(scale, rel=0.05)


def test_skip_below_skips_the_smaller_scales_only():
    assert gaussian([0.1, 0.2, 0.3], skip_below=0.01).skip.tolist() == [1, 0, 0]


def test_ideal_bits_are_the_logarithms_and_sixteen_for_an_escape():
    tables = two_rows()
    values, rows = np.array([5, 6, 7, 0]), np.array([0, 0, 0, 1])
    # 4/8 is one bit; 3/8; the escape is 1/8 and 16 bits; the skipped row is free
    expected = 1 + math.log2(8 / 3) + 3 + 16
    assert ideal_bits(values, rows, tables) == pytest.approx(expected, abs=1e-12)
    assert ideal_bits(values[:0], rows[:0], tables) == 0


def test_every_place_names_the_symbol_whose_interval_holds_it():
    tables = two_rows()
    assert (
        tables.symbol_at.tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 3, 3] + [4] * 6 + [5] * 8
    )
    assert (tables.entry_at >> 16).tolist() == (
        [4] * 4 + [3] * 3 + [1] + [2] * 2 + [6] * 6 + [8] * 8
    )
    assert (tables.entry_at & 0xFFFF).tolist() == (
        [0, 1, 2, 3, 0, 1, 2, 0, 0, 1, 0, 1, 2, 3, 4, 5, *range(8)]
    )


def test_concatenate_keeps_each_row_and_pads_with_zeros():
    narrow, wide = two_rows(), from_pmfs([np.full(5, 0.2)], [-2], precision=3)
    both = concatenate(narrow, wide)
    assert both.low.tolist() == [5, -1, -2]
    assert both.skip.tolist() == [False, True, False]
    assert both.frequencies[:2].tolist() == [[4, 3, 1, 0, 0, 0], [2, 6, 0, 0, 0, 0]]
    assert both.frequencies[2].tolist() == wide.frequencies[0].tolist()


def test_tables_of_different_precision_do_not_mix():
    with pytest.raises(CodingError, match="precisions"):
        concatenate(gaussian([1.0], 12), gaussian([1.0], 13))


def test_tables_survive_an_npz_file(tmp_path):
    tables = concatenate(two_rows(), replace(two_rows(), skip=np.array([True, False])))
    np.savez(tmp_path / "tables.npz", **tables.arrays())
    with np.load(tmp_path / "tables.npz") as arrays:
        loaded = Tables.from_arrays(arrays)
    assert loaded.precision == 3
    for name in ("low", "size", "frequencies", "skip"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(tables, name))


def test_a_missing_array_is_named():
    with pytest.raises(CodingError, match="without skip"):
        Tables.from_arrays(
            {k: v for k, v in two_rows().arrays().items() if k != "skip"}
        )


def test_tables_cannot_be_changed_through_the_caller_s_array():
    low = np.array([5, -1])
    tables = replace(two_rows(), low=low)
    low[0] = 9
    assert tables.low[0] == 5
    with pytest.raises(ValueError, match="read-only"):
        tables.low[0] = 9


@pytest.mark.parametrize(
    "wrong",
    [
        {"precision": 0},
        {"precision": 15},
        {"precision": 4},  # the sums are those of 3
        {"precision": np.array([3, 3])},
        {"low": np.array([5])},
        {"low": np.array([5.0, -1.0])},
        {"low": np.array([5, -(2**15)])},  # the mark of an escape
        {"low": np.array([2**15 - 1, 0])},
        {"low": np.array([2**31 - 1, 0])},
        {"low": np.array([2**32 + 5, -1])},
        {"size": np.array([2, 0])},
        {"size": np.array([3, 1])},
        {"skip": np.array([0, 1])},
        {"frequencies": np.array([4, 3, 1])},
        {"frequencies": np.zeros((0, 3), int)},
        {"frequencies": np.array([[5, 3, 0], [2, 6, 0]])},
        {"frequencies": np.array([[4, 3, 1], [2, 5, 1]])},
        {"frequencies": np.array([[4, 3, 2], [2, 6, 0]])},
        {"frequencies": np.array([[4, 5, -1], [2, 6, 0]])},
    ],
)
def test_impossible_tables_are_refused(wrong):
    with pytest.raises(CodingError):
        replace(two_rows(), **wrong)


@pytest.mark.parametrize(
    "pmf", [[], [0.6, 0.6], [-0.1, 0.5], [math.nan], [[0.5, 0.5]], np.full(16, 1 / 16)]
)
def test_what_is_no_probability_mass_function_is_refused(pmf):
    with pytest.raises(CodingError):
        from_pmfs([np.array(pmf)], [0], precision=4)


@pytest.mark.parametrize("scales", [[0.0], [-1.0], [math.inf], [[1.0]], 1.0])
def test_what_is_no_scale_is_refused(scales):
    with pytest.raises(CodingError, match="scales"):
        gaussian(scales)
