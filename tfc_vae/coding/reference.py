"""Range ANS over 16-bit words, one symbol at a time: the readable definition.

Read this first.
  1. rANS is a stack. Symbols are pushed last to first; they pop out first to last.
  2. A state is one integer in [LOW, LOW << 16). Between calls it never leaves it.
  3. Start from LOW. After the last pop the state must be LOW again, with no word left.

All numbers are plain integers. `lanes` and every loop, in any language, do the same for
many states at once; a test holds each of them to this.
"""

from collections.abc import Iterable, Sequence

from tfc_vae.coding.tables import Tables

LOW = 1 << 15


def push(
    state: int, words: list[int], start: int, frequency: int, precision: int
) -> int:
    """Puts the symbol that owns slots [start, start + frequency) on the stack.

    Returns the new state; a word that does not fit any more goes to the end of `words`.
    """
    if state >= frequency << (31 - precision):  # would leave the interval
        words.append(state & 0xFFFF)
        state >>= 16
    return (state // frequency << precision) + state % frequency + start


def slot(state: int, precision: int) -> int:
    """What identifies the symbol on top of the stack: 0 to total - 1."""
    return state & (1 << precision) - 1


def pop(
    state: int, words: list[int], start: int, frequency: int, precision: int
) -> int:
    """Takes off the symbol that `slot` identified; returns the new state.

    A state below the interval reads a word from the end of `words`; IndexError if
    there is none.
    """
    state = frequency * (state >> precision) + slot(state, precision) - start
    return state << 16 | words.pop() if state < LOW else state


def decode(
    states: list[int],
    words: list[int],
    escapes: list[int],
    groups: Iterable[Iterable[int]],
    tables: Tables,
) -> list[int]:
    """Takes groups of values from lanes, in their order.

    Args:
      states: of the lanes, a list that is changed.
      words, escapes: lists in the reader's order; what is taken is removed.
      groups: a list of table rows for each group.
      tables: with `precision`, and `low`, `size`, `frequencies`, `skip` by row.

    Returns:
      the values of all groups in one list.
    """
    words.reverse()  # a stack: the next one is the last
    values = []
    for rows in groups:
        coded = 0
        for row in map(int, rows):
            if tables.skip[row]:
                values.append(0)
                continue
            lane, coded = coded % len(states), coded + 1
            symbol, start, frequency = _find(states[lane], row, tables)
            states[lane] = pop(states[lane], words, start, frequency, tables.precision)
            escaped = symbol == tables.size[row]
            values.append(escapes.pop(0) if escaped else int(tables.low[row]) + symbol)
    words.reverse()
    return values


def encode(
    groups: Sequence[tuple[Iterable[int], Iterable[int]]], tables: Tables, lanes: int
) -> tuple[list[int], list[int], list[int]]:
    """Puts groups of (values, rows) on lanes: (states, words, escapes) for `decode`."""
    words: list[int] = []
    escapes: list[int] = []
    states = [LOW] * lanes
    for values, rows in reversed(groups):
        coded = [
            (int(v), int(r))
            for v, r in zip(values, rows, strict=True)
            if not tables.skip[r]
        ]
        for number in reversed(range(len(coded))):
            value, row = coded[number]
            symbol = value - int(tables.low[row])
            if not 0 <= symbol < tables.size[row]:
                symbol = int(tables.size[row])
                escapes.append(value)
            frequencies = [int(f) for f in tables.frequencies[row]]
            lane = number % lanes
            states[lane] = push(
                states[lane],
                words,
                sum(frequencies[:symbol]),
                frequencies[symbol],
                tables.precision,
            )
    return states, words[::-1], escapes[::-1]


def _find(state, row, tables):
    """The symbol of a row whose slots hold the state's: (symbol, start, frequency)."""
    wanted, start = slot(state, tables.precision), 0
    for symbol, frequency in enumerate(map(int, tables.frequencies[row])):
        if wanted < start + frequency:
            return symbol, start, frequency
        start += frequency
    raise ValueError(f"the frequencies of row {row} end at {start}")
