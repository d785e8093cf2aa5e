"""The loops of the entropy coder in NumPy: all lanes of a step at once.

Slower than `loops_native` by the factor that an interpreter costs, and there on every
machine. Each function has the same arguments, results and errors as its twin there.
"""

import numpy as np

from tfc_vae.coding.tables import ESCAPE, CodingError, Tables, flat_symbols

LOW = 1 << 15


def find(
    values: np.ndarray, index: np.ndarray, tables: Tables
) -> tuple[np.ndarray, np.ndarray]:
    """Finds what codes each value.

    Args:
      values, index: int16 (n,); values are 0 where the row is skipped.
      tables: the distributions.

    Returns:
      symbols: int32 (coded,), flat numbers of those that are not skipped, in order.
      escapes: int16, the values that no table reaches, in order.

    Raises:
      CodingError: a row does not exist, or a value of a skipped row is not 0.
    """
    _check_rows(index, tables)
    coded = ~tables.skip[index]
    if values[~coded].any():
        raise CodingError("values in skipped rows must be 0: they are not coded")
    values, index = values[coded], index[coded]
    symbols = flat_symbols(values.astype(np.int32), index, tables)
    return symbols.astype(np.int32), values[tables.value[symbols] == ESCAPE]


def push(
    state: np.ndarray, groups: list[np.ndarray], tables: Tables
) -> tuple[np.ndarray, np.ndarray]:
    """Puts groups of symbols on the lanes, the last first.

    Args:
      state: uint32 (lanes,).
      groups: list of int32 (n,), flat symbols.
      tables: the distributions.

    Returns:
      state: uint32 (lanes,).
      words: uint16, in the order of the reader.
    """
    dealt = [_deal(group, len(state), null=tables.first_symbol[-1]) for group in groups]
    symbols = np.concatenate([np.empty((0, len(state)), np.int32), *dealt])
    frequency, start = tables.frequency[symbols], tables.start[symbols]
    state, words = _push(state.astype(np.int32), frequency, start, tables.precision)
    return state.astype(np.uint32), words.astype(np.uint16)


def pop(
    state: np.ndarray,
    words: np.ndarray,
    escapes: np.ndarray,
    index: np.ndarray,
    tables: Tables,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Takes one group from the lanes; the inverse of `find` and `push`.

    Args:
      state: uint32 (lanes,), each in [LOW, LOW << 16).
      words: uint16, what is left of the stream.
      escapes: int16, what is left of the side list.
      index: int16 (n,).
      tables: the distributions.

    Returns:
      values: int16 (n,).
      state: uint32 (lanes,).
      words, escapes: those not taken.

    Raises:
      CodingError: there are too few words or escapes, or a row does not exist.
    """
    _check_rows(index, tables)
    coded = ~tables.skip[index]
    some = index[coded]
    places = _deal(some, len(state), null=tables.rows)
    places <<= tables.precision
    state, words = _pop(state.astype(np.int32), words, places, tables)
    found = tables.value_at.take(places.reshape(-1)[: some.size])
    escaped = found == ESCAPE
    count = np.count_nonzero(escaped)
    if count > escapes.size:
        raise CodingError("too few escaped values: the stream is damaged")
    found[escaped] = escapes[:count]
    values = np.zeros(index.shape, np.int16)
    values[coded] = found
    return values, state.astype(np.uint32), words, escapes[count:]


def _push(state, frequency, start, precision):
    """frequency, start: int32 (steps, lanes); 2**precision, 0 changes nothing."""
    state, scratch = state.copy(), np.empty_like(state)
    before = np.empty(frequency.shape, np.int32)  # states that may have spilled
    spilled = np.empty(frequency.shape, bool)
    rest = (1 << precision) - frequency
    full, word_bits = np.int32(31 - precision), np.int32(16)
    steps = zip(
        frequency[::-1],
        start[::-1],
        rest[::-1],
        before[::-1],
        spilled[::-1],
        strict=True,
    )
    for step_frequency, step_start, step_rest, step_before, spill in steps:
        step_before[:] = state
        np.right_shift(state, full, out=scratch)
        np.greater_equal(scratch, step_frequency, out=spill)
        np.multiply(spill, word_bits, out=scratch)
        np.right_shift(state, scratch, out=state)
        # (q << P) + (state - q frequency) + start, where q = state // frequency
        np.floor_divide(state, step_frequency, out=scratch)
        np.multiply(scratch, step_rest, out=scratch)
        np.add(state, scratch, out=state)
        np.add(state, step_start, out=state)
    return state, before[spilled] & 0xFFFF


def _pop(state, words, places, tables):
    """places: int32 (steps, lanes), row << precision; **the slots are added to it**."""
    entries, state = tables.entry_at, state.copy()
    slot, entry, scratch = (np.empty_like(state) for _ in range(3))
    empty, at = np.empty(state.shape, bool), 0
    bits, word_bits = np.int32(tables.precision), np.int32(16)
    slot_mask, bias_mask = np.int32((1 << bits) - 1), np.int32(0xFFFF)
    low = np.int32(LOW)
    words = words.astype(np.int32)
    for place in places:
        np.bitwise_and(state, slot_mask, out=slot)
        np.add(place, slot, out=place)
        entries.take(place, out=entry, mode="clip")  # "raise" would buffer `out`
        np.right_shift(state, bits, out=state)
        np.right_shift(entry, word_bits, out=scratch)  # the frequency
        np.multiply(state, scratch, out=state)
        np.bitwise_and(entry, bias_mask, out=entry)
        np.add(state, entry, out=state)
        np.less(state, low, out=empty)
        readers = empty.nonzero()[0]
        end = at + readers.size
        if end > words.size:
            raise CodingError("too few words: the stream is damaged")
        state[readers] = (state.take(readers) << word_bits) | words[at:end]
        at = end
    return state, words[at:]


def _deal(items, lanes, null):
    """Deals items (n,) to lanes, (steps, lanes) int32; `null` fills the last step."""
    steps = -(-items.size // lanes)
    dealt = np.full(steps * lanes, null, np.int32)
    dealt[: items.size] = items
    return dealt.reshape(steps, lanes)


def _check_rows(index, tables):
    if index.size and (index.min() < 0 or index.max() >= tables.rows):
        raise CodingError(f"index must be integers from 0 to {tables.rows - 1}")
