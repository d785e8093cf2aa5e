"""The coder of `coding.lanes` as TensorFlow ops: the same bytes, no custom op.

    cursor = begin(state)
    z, cursor = pop(cursor, words, escapes, rows_of_z, tables)
    y, cursor = pop(cursor, words, escapes, rows_from(z), tables)
    ok = finished(cursor, words, escapes)

Read `tfc_vae/coding/lanes.py` first. What differs here:
  1. Every op but those of `from_bytes` and `to_bytes` is a TFLite builtin on int32. So
     & is floormod, >> is floordiv, << is multiply, and no result exceeds 2^31 - 1.
  2. A graph cannot raise. Reads beyond the end are clamped, and `finished` tells at the
     end whether the stream was whole: if it is false, the values mean nothing.
  3. The number of lanes is the length of `state`; it may be known at run time only.
  4. TFLite copies all variables of a loop in every iteration, those only read too. So
     the loop over steps runs inside a loop over blocks and sees one block; with one
     flat loop the time would grow with the square of the steps.
  5. What a loop collects starts with one element to be dropped: TFLite (2.14 as well
     as LiteRT 2.3) fails to append a single element to an empty tensor in a loop.
"""

from typing import NamedTuple

import tensorflow as tf

from tfc_vae.coding.lanes import LOW
from tfc_vae.coding.tables import ESCAPE

# Steps. Measured in LiteRT with 64 lanes: 1,600,000 symbols take 0.74 s with 16, 0.46
# with 64, 0.71 with 128, and 18 s in a flat loop; 100,000 take 20 ms with each.
BLOCK = 64
WORD = 1 << 16


class Cursor(NamedTuple):
    """Where a reader stands in a stream."""

    state: tf.Tensor  # int32 (lanes,), LOW or more
    words: tf.Tensor  # int32 (): words taken
    escapes: tf.Tensor  # int32 (): escaped values taken
    ok: tf.Tensor  # bool (): nothing impossible was seen


def begin(state):
    """Returns the cursor at the start of a stream with these states, int32 (lanes,)."""
    ok = tf.reduce_all(tf.greater_equal(state, LOW))
    return Cursor(tf.maximum(state, LOW), tf.constant(0), tf.constant(0), ok)


def pop(cursor, words, escapes, rows, tables):
    """Takes one group of values.

    Args:
      cursor: where the group begins.
      words: int32 (n,), 0 to 65535: all words of the stream.
      escapes: int32 (m,): all escaped values of the stream.
      rows: int32 (k,), rows of `tables`.
      tables: `coding.Tables`; they become constants of the graph.

    Returns:
      values: int32 (k,).
      cursor: where the next group begins.
    """
    slots = 1 << tables.precision
    coded = _coded(rows, tables)
    places = _deal(tf.gather(rows, coded), tables.rows, cursor.state) * slots
    symbols, state, taken = _pop_blocks(
        cursor, words, _blocks(places, tables.rows * slots, cursor.state), tables
    )
    values = tf.gather(tables.value, symbols[1 : 1 + tf.size(coded)])
    escaped = tf.equal(values, ESCAPE)
    nth = cursor.escapes + tf.cumsum(tf.cast(escaped, tf.int32))  # 1 for the first
    read = tf.gather(tf.concat([[0], escapes], 0), tf.minimum(nth, tf.size(escapes)))
    values = tf.where(escaped, read, values)
    values = tf.scatter_nd(coded[:, tf.newaxis], values, tf.shape(rows, tf.int64))
    escaped = cursor.escapes + tf.reduce_sum(tf.cast(escaped, tf.int32))
    return values, Cursor(state, taken, escaped, cursor.ok)


def finished(cursor, words, escapes):
    """Returns bool (): all was taken, and every lane is where it started."""
    ends = tf.stack([cursor.words - tf.size(words), cursor.escapes - tf.size(escapes)])
    moved = tf.concat([cursor.state - LOW, ends], 0)
    return tf.logical_and(cursor.ok, tf.reduce_all(tf.equal(moved, 0)))


def encode(groups, lanes, tables):
    """Codes groups of values, which are decoded in the same order.

    Args:
      groups: (values, rows) pairs, int32 (n,) each. Values beyond int16 are clipped to
        it; those in skipped rows are taken for 0.
      lanes: a power of two from 1 to 256, int or int32 ().
      tables: `coding.Tables`; they become constants of the graph.

    Returns:
      state: int32 (lanes,).
      words: int32 (n,), 0 to 65535.
      escapes: int32 (m,).
    """
    state = tf.fill([lanes], LOW)
    null = int(tables.first[-1])
    symbols, escapes = [], []
    for values, rows in groups:
        coded = _coded(rows, tables)
        values = tf.clip_by_value(tf.gather(values, coded), -(2**15), 2**15 - 1)
        group = _flat_symbols(values, tf.gather(rows, coded), tables)
        escaped = tf.where(tf.equal(tf.gather(tables.value, group), ESCAPE))[:, 0]
        escapes.append(tf.gather(values, escaped))
        symbols.append(_deal(group, null, state))
    blocks = _blocks(tf.concat(symbols, 0), null, state)
    state, words = _push_blocks(state, blocks, tables)
    spilled = tf.where(tf.greater_equal(words, 0))[:, 0]
    return state, tf.gather(words, spilled), tf.concat(escapes, 0)


def from_bytes(stream, escapes, lanes):
    """Splits the strings of a file; for SavedModels, TFLite has no strings.

    Args:
      stream: string (), of any length.
      escapes: string (), of any length.
      lanes: int or int32 ().

    Returns:
      cursor: the beginning; its `ok` is false where a length is impossible.
      words: int32 (n,).
      escapes: int32 (m,).
    """
    words, even = _decode_words(stream, 2 * lanes)
    escapes, both_even = _decode_words(escapes, 0)
    halves = tf.reshape(words[: 2 * lanes], [lanes, 2])  # low, high
    halves *= tf.cast(halves[:, 1:] < LOW, tf.int32)  # 0 is no state: `begin` sees it
    cursor = begin(halves[:, 0] + halves[:, 1] * WORD)
    cursor = cursor._replace(ok=cursor.ok & even & both_even)
    return cursor, words[2 * lanes :], tf.where(escapes < LOW, escapes, escapes - WORD)


def to_bytes(state, words, escapes):
    """The inverse of `from_bytes`: two strings, () each, from what `encode` returns."""
    halves = tf.stack([state % WORD, state // WORD], 1)
    words = tf.concat([tf.reshape(halves, [-1]), words], 0)
    return _encode_words(words), _encode_words(escapes % WORD)


def _coded(rows, tables):
    """Returns the indices of the rows that are not skipped, int64 (n,)."""
    return tf.where(tf.gather(~tables.skip, rows))[:, 0]


def _flat_symbols(values, rows, tables):
    """The same as `coding.tables.flat_symbols`."""
    offset = values - tf.gather(tables.low, rows)
    size = tf.gather(tables.size, rows)
    inside = tf.logical_and(tf.greater_equal(offset, 0), tf.less(offset, size))
    return tf.gather(tables.first, rows) + tf.where(inside, offset, size)


def _deal(items, null, state):
    """Items (n,) -> (steps * lanes,): `null` fills the last step."""
    return _filled(items, null, tf.size(state))


def _blocks(items, null, state):
    """Items (steps * lanes,) -> (blocks, BLOCK, lanes): `null` fills the last block."""
    lanes = tf.size(state)
    return tf.reshape(_filled(items, null, BLOCK * lanes), [-1, BLOCK, lanes])


def _filled(items, null, unit):
    missing = tf.math.floormod(-tf.size(items), unit)
    return tf.concat([items, tf.fill([missing], null)], 0)


def _pop_blocks(cursor, words, blocks, tables):
    """Pops blocks (b, BLOCK, lanes) of places -> symbols (1 + n,), state, words taken.

    The symbols' first element means nothing.
    """
    last = tf.size(words)
    window = BLOCK * tf.size(cursor.state)  # a block reads no more words
    words = tf.concat([[0], words, tf.fill([window], 0)], 0)
    count = tf.shape(blocks)[0]

    def body(j, state, taken, symbols):
        ahead = tf.slice(words, [tf.minimum(taken, last)], [window + 1])
        block, state, read = _pop_steps(state, ahead, tf.gather(blocks, j), tables)
        return j + 1, state, taken + read, tf.concat([symbols, block[1:]], 0)

    _, state, taken, symbols = tf.while_loop(
        lambda j, *_: tf.less(j, count),
        body,
        (0, cursor.state, cursor.words, tf.constant([0])),
        shape_invariants=_shapes((), cursor.state.shape, (), [None]),
    )
    return symbols, state, taken


def _pop_steps(state, ahead, places, tables):
    """Pops one block; word 0 of `ahead` is the one before, lane by lane from 1 on."""
    slots = 1 << tables.precision

    def body(i, state, read, symbols):
        place = tf.gather(places, i) + tf.math.floormod(state, slots)
        symbol = tf.cast(tf.gather(tables.symbols, place), tf.int32)
        state = tf.gather(tables.frequency, symbol) * tf.math.floordiv(state, slots)
        state += place - tf.gather(tables.begin, symbol)
        empty = tf.less(state, LOW)
        nth = read + tf.cumsum(tf.cast(empty, tf.int32))
        word = tf.where(empty, tf.gather(ahead, nth), 0)
        state = state * tf.where(empty, WORD, 1) + word
        return i + 1, state, nth[-1], tf.concat([symbols, symbol], 0)

    _, state, read, symbols = tf.while_loop(
        lambda i, *_: tf.less(i, BLOCK),
        body,
        (0, state, 0, tf.constant([0])),
        shape_invariants=_shapes((), state.shape, (), [None]),
    )
    return symbols, state, read


def _push_blocks(state, blocks, tables):
    """Pushes blocks (b, BLOCK, lanes) of symbols -> state, words (n,); -1 is none."""

    def body(j, state, words):
        block, state = _push_steps(state, tf.gather(blocks, j), tables)
        return j - 1, state, tf.concat([block, words], 0)

    _, state, words = tf.while_loop(
        lambda j, *_: tf.greater_equal(j, 0),
        body,
        (tf.shape(blocks)[0] - 1, state, tf.constant([-1])),
        shape_invariants=_shapes((), state.shape, [None]),
    )
    return state, words


def _push_steps(state, symbols, tables):
    total = 1 << tables.precision
    full = 1 << (31 - tables.precision)

    def body(i, state, words):
        symbol = tf.gather(symbols, i)
        frequency = tf.gather(tables.frequency, symbol)
        spill = tf.greater_equal(tf.math.floordiv(state, full), frequency)
        word = tf.where(spill, tf.math.floormod(state, WORD), -1)
        state = tf.math.floordiv(state, tf.where(spill, WORD, 1))
        state += tf.math.floordiv(state, frequency) * (total - frequency)
        state += tf.gather(tables.start, symbol)
        return i - 1, state, tf.concat([word, words], 0)

    _, state, words = tf.while_loop(
        lambda i, *_: tf.greater_equal(i, 0),
        body,
        (BLOCK - 1, state, tf.constant([-1])),
        shape_invariants=_shapes((), state.shape, [None]),
    )
    return words, state


def _shapes(*shapes):
    return tuple(map(tf.TensorShape, shapes))


def _decode_words(data, least):
    """String -> words int32 (n,), ok; zeros make n at least `least`."""
    octets = tf.cast(tf.io.decode_raw(data, tf.uint8), tf.int32)
    size = tf.size(octets)
    ok = (size % 2 == 0) & (size >= 2 * least)
    missing = tf.where(ok, 0, 2 * least + size % 2)
    octets = tf.reshape(tf.concat([octets, tf.fill([missing], 0)], 0), [-1, 2])
    return octets[:, 0] + 256 * octets[:, 1], ok


def _encode_words(words):
    octets = tf.reshape(tf.stack([words % 256, words // 256], 1), [-1])
    table = tf.constant([bytes([value]) for value in range(256)])
    return tf.strings.reduce_join(tf.gather(table, octets))
