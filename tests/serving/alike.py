"""What two runtimes make of one image: nearly always the same file, to the byte.

A sender's floats differ in their last bits between runtimes, so a latent that lies on a
boundary may be rounded the other way: an equally good file. What decides a symbol on
the receiver's side is exact, and is compared exactly elsewhere.
"""

import dataclasses

from tfc_vae import container
from tfc_vae.evaluation import psnr


def assert_alike(codec, found, expected):
    """Two files of one image: one header, about one size, nearly the same picture."""
    if found == expected:
        return
    headers = [container.read_header(file) for file in (found, expected)]
    ours, theirs = (dataclasses.replace(header, lanes_log2=0) for header in headers)
    assert ours == theirs
    assert abs(len(found) - len(expected)) <= 0.02 * len(expected) + 8
    assert psnr(codec.decompress(found), codec.decompress(expected)) > 30
