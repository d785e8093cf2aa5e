"""The loops of `rans_ops` for SavedModels.

An operation on a few dozen numbers takes TensorFlow a quarter of a microsecond, most
of it for the result's memory and for finding out what comes next, so the number of
operations is the time. Hence one gather for all that a slot says; selection by bits,
which is cheaper than where; everything that does not wait for a state outside of the
loop; and UNROLL steps as one function of straight-line code, which runs on
TensorFlow's single-threaded executor: in the loop itself, every operation would cost
a third more for bookkeeping of iterations.

Each function has the same arguments and results as its twin in `loops_tflite`.
"""

import tensorflow as tf

from tfc_vae.coding.lanes import LOW

UNROLL = 32  # steps; measured: 16 take 10 % longer, 64 as long
WORD_BITS = 16
_INT = tf.int32
_APART = {"_noinline": True}  # else the function becomes part of the loop again
_LANES = tf.TensorSpec([None], _INT)
_BLOCK = tf.TensorSpec([UNROLL, None], _INT)
_and, _or, _xor = tf.bitwise.bitwise_and, tf.bitwise.bitwise_or, tf.bitwise.bitwise_xor
_left, _right = tf.bitwise.left_shift, tf.bitwise.right_shift


def pop(state, taken, words, places, tables):
    """Pops symbols step by step.

    Args:
      state: int32 (lanes,), LOW or more.
      taken: int32 (): how many words were taken before.
      words: int32 (n,): all words of the stream; beyond its end it reads any number.
      places: int32 (steps * lanes,): row << precision.
      tables: what `rans_ops.pop` gets.

    Returns:
      values: int32, of each place, or `coding.tables.ESCAPE`; more may follow.
      state: int32 (lanes,).
      taken: int32 (): more than there are words if the stream was too short.
    """
    entries = tf.convert_to_tensor(tables.entry_at)  # reads the variable once
    lanes, last = tf.size(state), tf.size(words)
    window = UNROLL * lanes + 1  # a block takes no more; one to count from
    words = tf.concat([[0], words, tf.zeros([window], _INT)], 0)
    blocks = _blocks(places, tables.rows << tables.precision, lanes)
    count = tf.shape(blocks)[0]
    entries_spec = tf.TensorSpec(entries.shape, _INT)

    @tf.function(
        input_signature=[_LANES, _LANES, _BLOCK, entries_spec],
        autograph=False,
        experimental_attributes=_APART,
    )
    def steps(state, ahead, block, entries):
        return _pop_steps(state, ahead, block, entries, tables.precision)

    def body(j, state, taken, found):
        ahead = tf.slice(words, [tf.minimum(taken, last)], [window])
        state, read, block = _run(steps, [state, ahead, blocks[j], entries])
        return j + 1, state, taken + read, found.write(j, block)

    found = tf.TensorArray(_INT, count, element_shape=[UNROLL, None])
    _, state, taken, found = tf.while_loop(
        lambda j, *_: j < count, body, (0, state, taken, found), parallel_iterations=1
    )
    places = tf.reshape(found.stack(), [-1])
    return tf.cast(tf.gather(tables.value_at, places), _INT), state, taken


def push(state, symbols, tables):
    """Pushes symbols step by step, the last step first.

    Args:
      state: int32 (lanes,), LOW or more.
      symbols: int32 (steps * lanes,), flat symbols.
      tables: what `rans_ops.push` gets.

    Returns:
      state: int32 (lanes,).
      words: int32 (n,), 0 to 65535, in the order of the reader.
    """
    blocks = _blocks(symbols, int(tables.first_symbol[-1]), tf.size(state))
    count = tf.shape(blocks)[0]
    frequency = tf.gather(tables.frequency, blocks)
    rest = (1 << tables.precision) - frequency
    start = tf.gather(tables.start, blocks)
    full = 31 - tables.precision

    @tf.function(
        input_signature=[_LANES, _BLOCK, _BLOCK, _BLOCK],
        autograph=False,
        experimental_attributes=_APART,
    )
    def steps(state, frequency, rest, start):
        return _push_steps(state, frequency, rest, start, full)

    def body(j, state, before):
        state, block = _run(steps, [state, frequency[j], rest[j], start[j]])
        return j - 1, state, before.write(j, block)

    before = tf.TensorArray(_INT, count, element_shape=[UNROLL, None])
    _, state, before = tf.while_loop(
        lambda j, *_: j >= 0, body, (count - 1, state, before), parallel_iterations=1
    )
    before = before.stack()
    spilled = _right(before, full) >= frequency
    return state, tf.boolean_mask(_and(before, 0xFFFF), spilled)


def _pop_steps(state, ahead, block, entries, precision):
    """UNROLL steps; word 0 of `ahead` is the one before -> state, words read, places.

    Words are counted downwards: a lane that wants one is -1 in `empty`, all ones.
    """
    last, read, places = tf.size(state) - 1, 0, []
    slots = (1 << precision) - 1
    for row in tf.unstack(block, UNROLL):
        place = _and(state, slots) + row
        entry = tf.gather(entries, place)
        state = _right(state, precision) * _right(entry, WORD_BITS)
        state += _and(entry, 0xFFFF)
        empty = _right(state - LOW, 31)
        nth = read - tf.cumsum(empty)
        # Shifted bits of full lanes are lost: a product would overflow.
        filled = _or(_left(state, WORD_BITS), tf.gather(ahead, nth))
        state = _xor(state, _and(_xor(state, filled), empty))
        read = tf.gather(nth, last)
        places.append(place)
    return state, read, tf.stack(places)


def _push_steps(state, frequency, rest, start, full):
    """UNROLL steps -> state, the states before each step."""
    parts = [tf.unstack(part, UNROLL) for part in (frequency, rest, start)]
    before = []
    for step_frequency, step_rest, step_start in [*zip(*parts, strict=True)][::-1]:
        before.append(state)
        spill = _right(state, full) >= step_frequency
        state = tf.where(spill, _right(state, WORD_BITS), state)
        # (q << P) + (state - q frequency) + start, where q = state // frequency
        state += tf.math.floordiv(state, step_frequency) * step_rest + step_start
    return state, tf.stack(before[::-1])


def _run(function, arguments):
    """Calls a function without control flow on the single-threaded executor."""
    function = function.get_concrete_function()
    results = tf.raw_ops.PartitionedCall(
        args=arguments,
        Tout=[spec.dtype for spec in function.outputs],
        f=function,
        executor_type="SINGLE_THREADED_EXECUTOR",
    )
    for result, spec in zip(results, function.outputs, strict=True):
        result.set_shape(spec.shape)
    return results


def _blocks(items, null, lanes):
    """Items (steps * lanes,) -> (blocks, UNROLL, lanes): `null` fills the last one.

    There is one block at least: a TensorArray of nothing has no shape.
    """
    unit = UNROLL * lanes
    items = tf.concat([items, tf.fill([unit - tf.size(items) % unit], null)], 0)
    return tf.reshape(items, [-1, UNROLL, lanes])
