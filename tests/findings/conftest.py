"""Both loops of the entropy coder, as for the tests of the bytes."""

from tests.coding.conftest import loops

__all__ = ["loops"]
