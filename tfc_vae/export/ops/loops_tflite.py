"""The loops of `rans_ops` for TFLite: builtin operations on int32 only.

Each function has the same arguments and results as its twin in `loops_graph`.
  1. & is floormod, >> is floordiv, << is multiply, and no result exceeds 2^31 - 1.
  2. TFLite copies all variables of a loop in every iteration, those only read too. So
     the loop over steps runs inside a loop over blocks and sees one block; with one
     flat loop the time would grow with the square of the steps.
  3. What a loop collects starts with one element to be dropped: TFLite (2.14 as well
     as LiteRT 2.3) fails to append a single element to an empty tensor in a loop.
"""

import tensorflow as tf

from tfc_vae.coding.lanes import LOW

# Steps. Measured in LiteRT with 64 lanes: 1,600,000 symbols take 0.74 s with 16, 0.46
# with 64, 0.71 with 128, and 18 s in a flat loop; 100,000 take 20 ms with each.
BLOCK = 64
WORD = 1 << 16


def pop(state, taken, words, places, tables):
    """See `loops_graph.pop`."""
    blocks = _blocks(places, tables.rows << tables.precision, state)
    last = tf.size(words)
    window = BLOCK * tf.size(state)  # a block reads no more words
    words = tf.concat([[0], words, tf.fill([window], 0)], 0)
    count = tf.shape(blocks)[0]

    def body(j, state, taken, symbols):
        ahead = tf.slice(words, [tf.minimum(taken, last)], [window + 1])
        block, state, read = _pop_steps(state, ahead, tf.gather(blocks, j), tables)
        return j + 1, state, taken + read, tf.concat([symbols, block[1:]], 0)

    _, state, taken, symbols = tf.while_loop(
        lambda j, *_: tf.less(j, count),
        body,
        (0, state, taken, tf.constant([0])),
        shape_invariants=_shapes((), state.shape, (), [None]),
    )
    return tf.gather(tables.value, symbols[1:]), state, taken


def push(state, symbols, tables):
    """See `loops_graph.push`."""
    blocks = _blocks(symbols, int(tables.first_symbol[-1]), state)

    def body(j, state, words):
        block, state = _push_steps(state, tf.gather(blocks, j), tables)
        return j - 1, state, tf.concat([block, words], 0)

    _, state, words = tf.while_loop(
        lambda j, *_: tf.greater_equal(j, 0),
        body,
        (tf.shape(blocks)[0] - 1, state, tf.constant([-1])),
        shape_invariants=_shapes((), state.shape, [None]),
    )
    spilled = tf.where(tf.greater_equal(words, 0))[:, 0]
    return state, tf.gather(words, spilled)


def _blocks(items, null, state):
    """Items (steps * lanes,) -> (blocks, BLOCK, lanes): `null` fills the last block."""
    lanes = tf.size(state)
    missing = tf.math.floormod(-tf.size(items), BLOCK * lanes)
    items = tf.concat([items, tf.fill([missing], null)], 0)
    return tf.reshape(items, [-1, BLOCK, lanes])


def _pop_steps(state, ahead, places, tables):
    """Pops one block; word 0 of `ahead` is the one before, lane by lane from 1 on."""
    slots = 1 << tables.precision

    def body(i, state, read, symbols):
        place = tf.gather(places, i) + tf.math.floormod(state, slots)
        symbol = tf.cast(tf.gather(tables.symbol_at, place), tf.int32)
        state = tf.gather(tables.frequency, symbol) * tf.math.floordiv(state, slots)
        state += place - tf.gather(tables.first_slot, symbol)
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


def _push_steps(state, symbols, tables):
    """Pushes one block -> words (n,), where -1 is none, and state."""
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
