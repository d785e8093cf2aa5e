"""Standard streams, and files that are read whole."""

import contextlib
import os
import sys

from tfc_vae import container, images
from tfc_vae.codec import ModelError
from tfc_vae.container import FormatError


def say(text):
    """Prints one line to the standard error."""
    print("tfc-vae:", " ".join(str(text).split()), file=sys.stderr)


@contextlib.contextmanager
def about(path):
    """Puts the name of the file before what is wrong with it."""
    try:
        yield
    except FormatError as error:
        raise FormatError(error.fault, f"{_name(path)}: {error}") from error
    except ModelError as error:
        raise ModelError(f"{_name(path)}: {error}") from error


def read_tfcv(path):
    """Reads a .tfcv file, or "-"; looks at its header before it reads the rest.

    Raises `FormatError` for a bad header, OSError.
    """
    with contextlib.ExitStack() as stack:
        stdin = path == "-"
        file = sys.stdin.buffer if stdin else stack.enter_context(open(path, "rb"))
        start = file.read(container.HEADER_SIZE)
        container.read_header(start)
        return start + file.read()


def check_free(path, force):
    """Raises `ImageError` if a file is there and must be kept: before the work."""
    if path != "-" and os.path.isfile(path) and not force:
        raise images.ImageError(f"{path} exists; use --force to overwrite it")


@contextlib.contextmanager
def native_messages(shown):
    """Hides what C++ libraries print to file descriptor 2; LiteRT cannot be told to.

    Python's own standard error stays where it is.
    """
    if shown or sys.stderr is None:
        yield
        return
    sys.stderr.flush()
    before, saved = sys.stderr, os.dup(2)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, saved)
        if _descriptor(before) == 2:
            encoding, errors = before.encoding, before.errors
            sys.stderr = stack.enter_context(
                open(os.dup(saved), "w", 1, encoding=encoding, errors=errors)
            )
        nowhere = stack.enter_context(open(os.devnull, "wb"))
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            sys.stderr = before


def _descriptor(stream):
    try:
        return stream.fileno()
    except (OSError, ValueError):  # a stream in memory
        return None


def _name(path):
    return "the standard input" if path == "-" else path
