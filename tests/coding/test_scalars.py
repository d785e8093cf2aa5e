"""Scalar rules that several languages compute: tests/golden/scalars.json."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from tfc_vae import coding, container
from tfc_vae.codec import windows
from tfc_vae.coding import geometry, integer

# The package has functions of these names.
packing = importlib.import_module("tfc_vae.container.pack")
unpacking = importlib.import_module("tfc_vae.container.unpack")
CASES = json.loads((Path(__file__).parents[1] / "golden" / "scalars.json").read_text())


RULES = {
    "quality_q8": lambda quality: container.quality_q8(float(quality)),
    "choose_lanes": coding.choose_lanes,
    "varint": lambda value: packing._varint(value).hex(),
    "read_varint": lambda text: unpacking._varint(bytes.fromhex(text), 0)[0],
    "index_shift": lambda points, q8: int(
        integer.index_shift(np.array(points)[:, None], q8)[0]
    ),
    "y_shape": lambda height, width: [*geometry.y_shape(height, width)],
    "z_shape": lambda rows, columns: [*geometry.z_shape(rows, columns)],
    "spans": lambda length, size, halo: [
        [w.start, w.stop, t.start, t.stop]
        for w, _, t in windows._spans(length, size, halo)
    ],
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['f']}{case['in']}")
def test_the_rule_gives_what_every_language_must_give(case):
    rule, expected = RULES[case["f"]], case["out"]
    if isinstance(expected, dict):
        with pytest.raises(container.FormatError) as refused:
            rule(*case["in"])
        assert refused.value.fault == expected["fault"]
    else:
        assert rule(*case["in"]) == expected
