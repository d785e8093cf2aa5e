"""The coder of `coding.lanes` as TensorFlow ops: the same bytes, no custom op.

Read `tfc_vae/coding/lanes.py` first. What differs here:
  1. Every op is a TFLite builtin on int32, except in the functions on bytes at the
     end, which are for SavedModels. So & is floormod, >> is floordiv, << is multiply,
     and no result exceeds 2^31 - 1.
  2. A graph cannot raise. Reads beyond the end are clamped, and `finished` says at the
     end whether the stream was whole: if it is false, the values mean nothing.
  3. The number of lanes is the length of `state`; it may be known at run time only.
  4. TFLite copies a loop's variables in every iteration, and that includes what it
     only reads. So the loop over steps runs inside a loop over blocks of steps and
     sees one block; with one flat loop the time would grow with the square.
"""

from typing import NamedTuple

import tensorflow as tf

from tfc_vae.coding.lanes import LOW
from tfc_vae.coding.tables import ESCAPE

BLOCK = 32  # steps
WORD = 1 << 16


class Cursor(NamedTuple):
    """Where a reader stands in a stream."""

    state: tf.Tensor  # int32 (lanes,)
    words: tf.Tensor  # int32 (): words taken
    escapes: tf.Tensor  # int32 (): escaped values taken


def begin(state):
    """Returns the cursor at the start of a stream with these states, int32 (lanes,)."""
    return Cursor(state, tf.constant(0), tf.constant(0))


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
    coded = tf.where(tf.gather(~tables.skip, rows))[:, 0]
    places = tf.gather(rows, coded) * (1 << tables.precision)
    null = tables.rows << tables.precision
    blocks = _blocks(_deal(places, null, cursor.state), null, cursor.state)
    symbols, state, taken = _pop_blocks(cursor, words, blocks, tables)
    values = tf.gather(tables.value, symbols[: tf.size(coded)])
    values, escaped = _resolve(values, cursor.escapes, escapes)
    values = tf.scatter_nd(coded[:, tf.newaxis], values, tf.shape(rows, tf.int64))
    return values, Cursor(state, taken, cursor.escapes + escaped)


def finished(cursor, words, escapes):
    """Returns bool (): all was taken, and every lane is where it started."""
    return (
        tf.reduce_all(tf.equal(cursor.state, LOW))
        & tf.equal(cursor.words, tf.size(words))
        & tf.equal(cursor.escapes, tf.size(escapes))
    )


def _deal(items, null, state):
    """Items (n,) -> (steps * lanes,): `null` fills the last step."""
    return _fill(items, null, tf.size(state))


def _blocks(items, null, state):
    """Items (steps * lanes,) -> (blocks, BLOCK, lanes)."""
    lanes = tf.size(state)
    return tf.reshape(_fill(items, null, BLOCK * lanes), [-1, BLOCK, lanes])


def _fill(items, null, unit):
    missing = tf.math.floormod(-tf.size(items), unit)
    return tf.concat([items, tf.fill([missing], null)], 0)


def _pop_blocks(cursor, words, blocks, tables):
    """Pops blocks (b, BLOCK, lanes) of places -> symbols (n,), state, words taken."""
    last = tf.size(words)
    window = BLOCK * tf.size(cursor.state)  # a block reads no more words
    words = tf.concat([[0], words, tf.fill([window], 0)], 0)
    count = tf.shape(blocks)[0]

    def body(j, state, taken, symbols):
        ahead = tf.slice(words, [tf.minimum(taken, last)], [window + 1])
        block, state, read = _pop_steps(state, ahead, tf.gather(blocks, j), tables)
        return j + 1, state, taken + read, tf.concat([symbols, block], 0)

    _, state, taken, symbols = tf.while_loop(
        lambda j, *_: j < count,
        body,
        (0, cursor.state, cursor.words, tf.zeros([0], tf.int32)),
        shape_invariants=_invariants(cursor.state),
    )
    return symbols, state, taken


def _pop_steps(state, ahead, places, tables):
    """Pops one block; `ahead` has one word more, in front: the last one taken."""
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
        lambda i, *_: i < BLOCK,
        body,
        (0, state, 0, tf.zeros([0], tf.int32)),
        shape_invariants=_invariants(state),
    )
    return symbols, state, read


def _invariants(state):
    scalar = tf.TensorShape([])
    return scalar, state.shape, scalar, tf.TensorShape([None])


def _resolve(values, taken, escapes):
    escaped = tf.equal(values, ESCAPE)
    nth = taken + tf.cumsum(tf.cast(escaped, tf.int32))  # 1 for the first
    escapes = tf.concat([[0], escapes], 0)
    read = tf.gather(escapes, tf.minimum(nth, tf.size(escapes) - 1))
    return tf.where(escaped, read, values), tf.reduce_sum(tf.cast(escaped, tf.int32))
