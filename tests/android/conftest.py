"""android/codec, compiled once for all tests of this folder."""

import pytest

from tests.android import jvm


@pytest.fixture(scope="session")
def java(tmp_path_factory):
    """The compiled codec; skips where there is no JDK."""
    if jvm.missing():
        pytest.skip(jvm.missing())
    return jvm.compiled(tmp_path_factory.mktemp("classes"))
