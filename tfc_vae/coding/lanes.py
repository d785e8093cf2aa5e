"""Interleaved-lane rANS: the definition of the bytes.

Read this first.
  1. rANS is a stack. Symbols are pushed last to first and pop out first to last.
  2. L lanes are L independent states in [LOW, LOW << 16). Symbol i of a group belongs
     to lane i mod L; the L symbols of one step are handled together. Every group
     starts at lane 0. Lanes without a symbol in a group's last step keep their state.
  3. Words have 16 bits: a state spills or reads one word or none, never two. All
     lanes share one sequence of words, in the order in which the reader takes them:
     by step, and within a step by lane.
  4. Every lane starts from LOW. After the last pop all must be at LOW again, with no
     word and no escape left: that is a free integrity check, so always make it. It is
     no checksum: symbols of equal frequency can change places unnoticed.
  5. Rows with `skip` are left out before the lanes are dealt.

A stream is L states (uint32) and the words (uint16); the escapes are int16, in symbol
order over all groups; all little endian. For one lane, with P bits of precision:

    push(frequency, start):
        if state >= frequency << (31 - P): spill state mod 2^16; state >>= 16
        state = (state // frequency << P) + state mod frequency + start

    pop(row):
        slot = state mod 2^P; find start <= slot < start + frequency in the row
        state = frequency * (state >> P) + slot - start
        if state < LOW: state = state << 16 | next word

No intermediate result exceeds 2^31 - 1.
"""

import numpy as np

from tfc_vae.coding.tables import ESCAPE, CodingError, flat_symbols

LOW = 1 << 15
MAX_LANES = 256


def choose_lanes(bits):
    """Returns the most lanes whose states take less than 1 % of `bits`: 1 to 256.

    More lanes are faster: the cost of a step hardly depends on their number.
    """
    lanes = 1
    while lanes < MAX_LANES and 2 * lanes * 32 < 0.01 * bits:
        lanes *= 2
    return lanes


def encode(groups, tables, lanes):
    """Codes groups of integers, which are decoded in the same order.

    Args:
      groups: (values, rows) pairs of integer arrays of one shape; values are int16,
        and 0 where the row is skipped; rows are rows of `tables`.
      tables: the distributions.
      lanes: a power of two from 1 to 256.

    Returns:
      stream: bytes, the states and the words.
      escapes: bytes, the values that no table reaches.

    Raises:
      CodingError: a value, a row or the number of lanes is out of range.
    """
    _check_lanes(lanes)
    symbols, escapes = [np.empty((0, lanes), np.int32)], [np.empty(0, np.int32)]
    for values, rows in groups:
        values, rows = _coded(values, rows, tables)
        group = flat_symbols(values, rows, tables)
        escapes.append(values[tables.value[group] == ESCAPE])
        symbols.append(_deal(group, lanes, null=tables.first[-1]))
    symbols = np.concatenate(symbols)
    state = np.full(lanes, LOW, np.int32)
    state, words = push(
        state, tables.frequency[symbols], tables.start[symbols], tables.precision
    )
    stream = state.astype("<u4").tobytes() + words.astype("<u2").tobytes()
    return stream, np.concatenate(escapes).astype("<i2").tobytes()


class Decoder:
    """Takes groups of integers from what `encode` wrote, first group first.

    Any bytes give integers or `CodingError`. Only `finish` tells whether the integers
    are those that were written.

    Raises:
      CodingError: the lengths, a state or the number of lanes is impossible.
    """

    def __init__(self, stream, escapes, lanes, tables):
        _check_lanes(lanes)
        size = 4 * lanes
        if len(stream) < size or len(stream) % 2 or len(escapes) % 2:
            raise CodingError(
                f"stream of {len(stream)} and escapes of {len(escapes)} bytes; both "
                f"must be even, and the stream starts with {size} bytes of states"
            )
        state = np.frombuffer(stream, "<u4", lanes)
        if state.min() < LOW or state.max() >= 2**31:
            raise CodingError("a state is out of range: the stream is damaged")
        self._tables = tables
        self._state = state.astype(np.int32)
        self._words = np.frombuffer(stream, "<u2", offset=size).astype(np.int32)
        self._escapes = np.frombuffer(escapes, "<i2")

    def pop(self, rows):
        """Returns the next group's values, int32 in the shape of `rows`.

        Raises:
          CodingError: the stream ends too early, or a row does not exist.
        """
        rows = _checked_rows(rows, self._tables)
        coded = ~self._tables.skip[rows]
        some = rows[coded]
        places = _deal(some, len(self._state), null=self._tables.rows)
        places <<= self._tables.precision
        self._state, self._words = pop(self._state, self._words, places, self._tables)
        values = np.zeros(rows.shape, np.int32)
        values[coded] = self._resolve(places.reshape(-1)[: some.size])
        return values

    def finish(self):
        """Checks that everything was taken and every lane is where it started.

        Raises:
          CodingError: it is not: the bytes are damaged.
        """
        if self._words.size or self._escapes.size or (self._state != LOW).any():
            raise CodingError(
                f"the stream does not end where it started ({self._words.size} words "
                f"and {self._escapes.size} escapes left): it is damaged"
            )

    def _resolve(self, places):
        """Places (n,) -> values (n,); escapes come from the side list, in order."""
        values = self._tables.value.take(self._tables.symbols.take(places))
        escaped = values == ESCAPE
        count = np.count_nonzero(escaped)
        if count > self._escapes.size:
            raise CodingError("too few escaped values: the stream is damaged")
        values[escaped] = self._escapes[:count]
        self._escapes = self._escapes[count:]
        return values


def push(state, frequency, start, precision):
    """Puts symbols on the lanes.

    Args:
      state: int32 (lanes,).
      frequency: int32 (steps, lanes); 2**precision with start 0 changes nothing.
      start: int32 (steps, lanes).
      precision: bits.

    Returns:
      state: int32 (lanes,).
      words: int32 (n,), in the order of the reader.
    """
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


def pop(state, words, places, tables):
    """Takes symbols from the lanes; the inverse of `push`.

    Args:
      state: int32 (lanes,), each in [LOW, LOW << 16).
      words: int32 (n,), what is left of the stream.
      places: int32 (steps, lanes), row << precision; **the slots are added to it**, so
        that afterwards `tables.symbols` has the symbols at these places.
      tables: the distributions.

    Returns:
      state: int32 (lanes,).
      words: int32, those not taken.

    Raises:
      CodingError: there are too few words.
    """
    entries, state = tables.entries, state.copy()
    slot, entry, scratch = (np.empty_like(state) for _ in range(3))
    empty, at = np.empty(state.shape, bool), 0
    bits, word_bits = np.int32(tables.precision), np.int32(16)
    slot_mask, bias_mask, low = map(np.int32, ((1 << bits) - 1, 0xFFFF, LOW))
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


def _coded(values, rows, tables):
    """Checks one group and returns the values and rows that are coded, (n,) each."""
    values, rows = np.asarray(values), _checked_rows(rows, tables)
    if values.shape != rows.shape or (values.size and values.dtype.kind not in "iu"):
        raise CodingError(
            f"values {values.dtype} {values.shape} with rows {rows.shape}; expected "
            "integers of one shape"
        )
    if values.size and (values.min() < -(2**15) or values.max() >= 2**15):
        raise CodingError(
            f"values from {values.min()} to {values.max()}; expected -32768 to 32767"
        )
    coded = ~tables.skip[rows]
    if values[~coded].any():
        raise CodingError("values in skipped rows must be 0: they are not coded")
    return values[coded].astype(np.int32), rows[coded]


def _checked_rows(rows, tables):
    rows = np.asarray(rows)
    if rows.size == 0:
        return rows.astype(np.int32)
    if rows.dtype.kind not in "iu" or rows.min() < 0 or rows.max() >= tables.rows:
        raise CodingError(f"rows must be integers from 0 to {tables.rows - 1}")
    return rows


def _check_lanes(lanes):
    if lanes not in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        raise CodingError(
            f"{lanes} lanes; expected a power of two from 1 to {MAX_LANES}"
        )
