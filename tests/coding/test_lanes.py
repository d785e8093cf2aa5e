"""Lanes: the bytes, against the reference, in plain Python integers."""

import struct

import numpy as np
import pytest

from tfc_vae.coding import (
    CodingError,
    Decoder,
    Tables,
    choose_lanes,
    concatenate,
    encode,
    gaussian,
    ideal_bits,
    reference,
)

pytestmark = pytest.mark.usefixtures("loops")
LOW = 1 << 15
TABLES = concatenate(
    gaussian(np.geomspace(0.11, 30, 16), 12, skip_below=1e-5),
    gaussian([2.0, 5.0], 12, radius=3),  # many escapes
)
ROWS = TABLES.rows


def symbols(seed, count, rows=None):
    """Values drawn as the tables expect them, rarely far outside; 0 where skipped."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, ROWS, count) if rows is None else rows
    scales = np.append(np.geomspace(0.11, 30, 16), [2.0, 5.0])
    values = np.rint(rng.normal(size=count) * scales[rows]).astype(int)
    far = rng.random(count) < 0.002
    values[far] = rng.integers(-(2**15), 2**15, far.sum())
    return np.where(TABLES.skip[rows], 0, values), rows


def decode(stream, escapes, lanes, tables, *groups_of_rows):
    decoder = Decoder(stream, escapes, lanes, tables)
    values = [decoder.pop(rows) for rows in groups_of_rows]
    decoder.finish()
    return values


def parsed(stream, escapes, lanes):
    """States, words and escapes as lists."""
    states = list(struct.unpack_from(f"<{lanes}I", stream))
    words = [w for (w,) in struct.iter_unpack("<H", stream[4 * lanes :])]
    return states, words, [v for (v,) in struct.iter_unpack("<h", escapes)]


def test_the_first_symbols_are_those_worked_out_by_hand():
    tables = Tables(
        precision=2,
        low=np.array([7]),
        size=np.array([1]),
        frequencies=np.array([[1, 3]]),
        skip=np.array([False]),
    )
    # value 7 is [0, 1) of 4: 32768 // 1 * 4 + 0 + 0 = 131072 = 0x20000
    assert encode([([7], [0])], tables, 1) == (bytes.fromhex("00000200"), b"")
    # the escape is [1, 4) of 4: 32768 // 3 * 4 + 32768 % 3 + 1 = 43691 = 0xaaab
    stream, escapes = encode([([-2], [0])], tables, 1)
    assert (stream.hex(), escapes.hex()) == ("abaa0000", "feff")
    # eight sevens: 2^15 * 4^7 = 2^29 is not below 1 << 29 and spills 0 before the last
    assert encode([([7] * 8, [0] * 8)], tables, 1)[0].hex() == "008000000000"


@pytest.mark.parametrize("lanes", [1, 2, 8, 64, 256])
@pytest.mark.parametrize("counts", [(0,), (1,), (700, 1), (130, 0, 1027)])
def test_the_reference_writes_and_reads_the_same_bytes(lanes, counts):
    groups = [symbols(seed, count) for seed, count in enumerate(counts)]
    rows = [r for _, r in groups]
    stream, escapes = encode(groups, TABLES, lanes)
    expected = [v for values, _ in groups for v in values.tolist()]
    states, words, side = parsed(stream, escapes, lanes)
    assert reference.encode(groups, TABLES, lanes) == (states, words, side)
    assert reference.decode(states, words, side, rows, TABLES) == expected
    assert states == [LOW] * lanes and not words and not side
    found = decode(stream, escapes, lanes, TABLES, *rows)
    assert np.concatenate(found).tolist() == expected
    assert {v.dtype for v in found} == {np.dtype(np.int16)}


@pytest.mark.parametrize("precision", [1, 12, 13, 14])
def test_every_precision_round_trips_with_the_rarest_and_the_likeliest_symbol(
    precision,
):
    total = 1 << precision
    tables = Tables(
        precision=precision,
        low=np.array([0, 0]),
        size=np.array([1, 1]),
        frequencies=np.array([[total - 1, 1], [1, total - 1]]),
        skip=np.array([False, False]),
    )
    rng = np.random.default_rng(precision)
    values, rows = rng.integers(0, 2, 5000), rng.integers(0, 2, 5000)
    stream, escapes = encode([(values, rows)], tables, 16)
    (found,) = decode(stream, escapes, 16, tables, rows)
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(("row", "scale"), [(5, 0.57), (10, 3.7), (15, 30.0)])
def test_cost_is_within_one_percent_of_entropy_and_the_states(row, scale):
    count, lanes = 50_000, 16
    values, rows = symbols(row, count, np.full(count, row))
    stream, escapes = encode([(values, rows)], TABLES, lanes)
    bits, ideal = 8 * (len(stream) + len(escapes)), ideal_bits(values, rows, TABLES)
    assert ideal - 1 <= bits <= 1.01 * ideal + 32 * lanes


def test_no_symbols_are_the_start_states_and_nothing_else():
    empty = np.empty(0, int)
    stream, escapes = encode([(empty, empty), (empty, empty)], TABLES, 4)
    assert (stream.hex(), escapes) == ("00800000" * 4, b"")
    assert encode([], TABLES, 4) == (stream, escapes)
    assert [v.size for v in decode(stream, escapes, 4, TABLES, empty, empty)] == [0, 0]


def test_skipped_rows_take_no_bits_and_no_lane():
    rows = np.array([9, 0, 10, 0, 0, 11])  # 0 is skipped
    assert TABLES.skip[0] and not TABLES.skip[9:].any()
    values = np.array([1, 0, 2, 0, 0, 3])
    coded = encode([(values, rows)], TABLES, 2)
    assert coded == encode([(values[rows > 0], rows[rows > 0])], TABLES, 2)
    assert decode(*coded, 2, TABLES, rows)[0].tolist() == [1, 0, 2, 0, 0, 3]
    zeros = np.zeros(99, int)
    assert encode([(zeros, zeros)], TABLES, 2)[0].hex() == "00800000" * 2


def test_all_escapes_come_back_in_order_over_all_groups():
    extremes = np.array([-(2**15), 2**15 - 1, 1000, -1000, -(2**15)])
    groups = [(extremes, np.full(5, 16)), (extremes[::-1], np.full(5, 17))]
    stream, escapes = encode(groups, TABLES, 4)
    assert len(escapes) == 2 * 10
    found = decode(stream, escapes, 4, TABLES, *[rows for _, rows in groups])
    assert np.concatenate(found).tolist() == [*extremes, *extremes[::-1]]


def test_values_keep_the_shape_of_their_rows():
    values, rows = (a.reshape(2, 3, 5) for a in symbols(3, 30))
    stream, escapes = encode([(values, rows)], TABLES, 8)
    (found,) = decode(stream, escapes, 8, TABLES, rows)
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    ("bits", "lanes"),  # 32 bits a lane, below one percent: more than 3200 bits a lane
    [(0, 1), (6400, 1), (6401, 2), (204_801, 64), (819_200, 128), (1e12, 256)],
)
def test_lanes_take_less_than_one_percent(bits, lanes):
    assert choose_lanes(bits) == lanes


@pytest.mark.parametrize(
    ("values", "rows", "lanes"),
    [
        ([2**15], [9], 1),
        ([-(2**15) - 1], [9], 1),
        ([2**40], [9], 1),
        ([1.0], [9], 1),
        ([1], [ROWS], 1),
        ([1], [-1], 1),
        ([1], [9.0], 1),
        ([1, 2], [9], 1),
        ([1], [0], 1),  # row 0 is skipped
        ([1], [9], 0),
        ([1], [9], 3),
        ([1], [9], 512),
    ],
)
def test_what_cannot_be_coded_is_refused(values, rows, lanes):
    with pytest.raises(CodingError):
        encode([(values, rows)], TABLES, lanes)


@pytest.mark.parametrize(
    ("stream", "escapes"),
    [
        (b"", b""),
        (bytes(7), b""),  # two lanes are 8 bytes
        (bytes.fromhex("00800000 0080000000"), b""),
        (bytes.fromhex("00800000 00800000"), b"x"),
        (bytes.fromhex("00800000 ff7f0000"), b""),  # below the interval
        (bytes.fromhex("00800000 00000080"), b""),  # above it
    ],
)
def test_impossible_lengths_and_states_are_refused(stream, escapes):
    with pytest.raises(CodingError):
        Decoder(stream, escapes, 2, TABLES)


def test_something_left_over_is_noticed():
    values, rows = symbols(1, 50)
    stream, escapes = encode([(values, rows)], TABLES, 2)
    for left_over in ((stream + b"\0\0", escapes), (stream, escapes + b"\0\0")):
        with pytest.raises(CodingError, match="does not end"):
            decode(*left_over, 2, TABLES, rows)
    with pytest.raises(CodingError, match="does not end"):
        decode(stream, escapes, 2, TABLES, rows[:-5])


def test_a_flipped_bit_is_noticed_or_gives_the_stream_of_other_values():
    # The end state is no checksum: symbols of equal frequency can change places.
    values, rows = symbols(2, 300)
    stream, escapes = encode([(values, rows)], TABLES, 4)
    unnoticed = 0
    for bit in range(8 * len(stream)):
        damaged = bytearray(stream)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            (found,) = decode(bytes(damaged), escapes, 4, TABLES, rows)
        except CodingError:
            continue
        unnoticed += 1
        assert encode([(found, rows)], TABLES, 4) == (bytes(damaged), escapes)
    assert unnoticed < 0.01 * 8 * len(stream)


def test_a_stream_or_side_list_cut_anywhere_is_noticed():
    values, rows = symbols(4, 300)
    stream, escapes = encode([(values, rows)], TABLES, 4)
    cuts = [(stream[:n], escapes) for n in range(len(stream))]
    cuts += [(stream, escapes[:n]) for n in range(len(escapes))]
    for cut in cuts:
        with pytest.raises(CodingError):
            decode(*cut, 4, TABLES, rows)


@pytest.mark.parametrize("seed", range(40))
def test_any_bytes_give_int16_values_or_a_coding_error(seed):
    rng = np.random.default_rng(seed)
    lanes = int(2 ** rng.integers(0, 9))
    rows = rng.integers(0, ROWS, rng.integers(0, 500))
    state = rng.integers(LOW, 2**31, lanes).astype("<u4").tobytes()
    stream = state + rng.bytes(2 * rng.integers(0, 600))
    escapes = rng.bytes(2 * rng.integers(0, 60))
    decoder = Decoder(stream, escapes, lanes, TABLES)
    for _ in range(3):
        try:
            values = decoder.pop(rows)
        except CodingError:
            break
        assert values.dtype == np.int16 and values.shape == rows.shape
    else:
        with pytest.raises(CodingError):
            decoder.finish()
