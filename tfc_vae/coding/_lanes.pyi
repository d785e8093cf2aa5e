import numpy as np

def find(
    values: np.ndarray,
    rows: np.ndarray,
    skip: np.ndarray,
    low: np.ndarray,
    size: np.ndarray,
    first: np.ndarray,
    out: np.ndarray,
) -> tuple[int, int]: ...
def push(
    state: np.ndarray,
    symbols: np.ndarray,
    frequency: np.ndarray,
    start: np.ndarray,
    precision: int,
    words: np.ndarray,
    free: int,
) -> int: ...
def pop(
    state: np.ndarray,
    words: np.ndarray,
    escapes: np.ndarray,
    rows: np.ndarray,
    skip: np.ndarray,
    entries: np.ndarray,
    values: np.ndarray,
    precision: int,
    out: np.ndarray,
) -> tuple[int, int]: ...
