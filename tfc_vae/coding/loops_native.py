"""The loops of the entropy coder in C (`_lanes.c`): 10 to 20 times as fast as NumPy.

Importing this raises ImportError where the package was installed without a C compiler.
Each function has the same arguments, results and errors as its twin in `loops_numpy`.
"""

import numpy as np

from tfc_vae.coding import _lanes
from tfc_vae.coding.tables import ESCAPE, CodingError, Tables


def find(
    values: np.ndarray, index: np.ndarray, tables: Tables
) -> tuple[np.ndarray, np.ndarray]:
    """See `loops_numpy.find`."""
    symbols = np.empty(values.shape, np.int32)
    try:
        coded, escaped = _lanes.find(
            values,
            index,
            tables.skip,
            tables.low,
            tables.size,
            tables.first_symbol,
            symbols,
        )
    except ValueError as error:
        raise CodingError(str(error)) from None
    symbols = symbols[:coded]
    if not escaped:
        return symbols, np.empty(0, np.int16)
    kept = values[~tables.skip[index]]
    return symbols, kept[tables.value[symbols] == ESCAPE]


def push(
    state: np.ndarray, groups: list[np.ndarray], tables: Tables
) -> tuple[np.ndarray, np.ndarray]:
    """See `loops_numpy.push`."""
    state = state.copy()
    words = np.empty(sum(group.size for group in groups), np.uint16)
    free = words.size
    for group in reversed(groups):
        free = _lanes.push(
            state,
            group,
            tables.frequency,
            tables.start,
            tables.precision,
            words,
            free,
        )
    return state, words[free:]


def pop(
    state: np.ndarray,
    words: np.ndarray,
    escapes: np.ndarray,
    index: np.ndarray,
    tables: Tables,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """See `loops_numpy.pop`."""
    state, values = state.copy(), np.empty(index.shape, np.int16)
    try:
        at, escape_at = _lanes.pop(
            state,
            words,
            escapes,
            index,
            tables.skip,
            tables.entry_at,
            tables.value_at,
            tables.precision,
            values,
        )
    except ValueError as error:
        raise CodingError(str(error)) from None
    return values, state, words[at:], escapes[escape_at:]
