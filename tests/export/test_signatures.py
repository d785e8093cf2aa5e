"""The table of signatures: shapes and types of what is made of it, by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from tfc_vae.export import signatures
from tfc_vae.export.signatures import SIGNATURES, TENSORS

HALO = {"analysis": 4, "synthesis": 5, "hyper_analysis": None, "hyper_synthesis": 2}
FROZEN = SimpleNamespace(
    config=SimpleNamespace(latents=7, hyper_filters=5),
    analyse=lambda pixels: tf.cast(pixels, tf.float32),
    hyper_analyse=lambda y, quality: y,
    quantise=lambda y, quality, mean, index: y,
    predict=lambda z, quality: (z, z + 1),
    synthesise=lambda symbols, mean, quality: symbols,
)


def inputs(file, name, halo=HALO):
    """{input: (shape, type)} of a function of the table."""
    made = signatures.functions(file, FROZEN) | signatures.tiles(file, FROZEN, halo)
    specs, _ = made[name].get_concrete_function().structured_input_signature
    return {spec.name: (spec.shape.as_list(), spec.dtype.name) for spec in specs}


def test_every_tensor_is_described_and_no_name_is_twice_in_a_file():
    for row in SIGNATURES:
        assert {*row.inputs, *row.outputs} <= set(TENSORS)
        for file in row.files:
            assert [other.name for other in signatures.of(file)].count(row.name) == 1


@pytest.mark.parametrize(
    ("file", "name", "expected"),
    [
        ("encoder", "analyse", {"pixels": ([None] * 3 + [3], "uint8")}),
        # 256 pixels and 4 latents of 16 pixels at each side.
        ("encoder", "analyse_256", {"pixels": ([1, 384, 384, 3], "float32")}),
        (
            *("encoder", "quantise_256"),
            {
                "y": ([1, 16, 16, 7], "float32"),
                "quality": ([1], "float32"),
                "mean": ([1, 16, 16, 7], "int32"),
                "index": ([1, 16, 16, 7], "int32"),
            },
        ),
        (
            *("hyper_decoder", "predict_256"),
            {"z": ([1, 8, 8, 5], "int32"), "quality": ([1], "float32")},
        ),
        (
            *("synthesis", "synthesise_256"),
            {
                "symbols": ([1, 26, 26, 7], "float32"),
                "mean": ([1, 26, 26, 7], "float32"),
                "quality": ([1], "float32"),
            },
        ),
        (
            *("synthesis", "synthesise"),
            {
                "symbols": ([None] * 3 + [7], "int32"),
                "mean": ([None] * 3 + [7], "int32"),
                "quality": ([None], "float32"),
            },
        ),
    ],
)
def test_functions_take_what_the_table_says(file, name, expected):
    assert inputs(file, name) == expected


def test_a_network_without_a_halo_has_no_tiles():
    assert "hyper_analyse_256" not in signatures.tiles("encoder", FROZEN, HALO)
    one = {**HALO, "hyper_analysis": 1}
    y, _ = inputs("encoder", "hyper_analyse_256", one).values()
    assert y == ([1, 24, 24, 7], "float32")  # 16 latents, and a z of 4 at each side


def test_functions_take_inputs_by_name_and_give_outputs_by_name():
    predict = signatures.functions("hyper_decoder", FROZEN)["predict"]
    z = tf.zeros((1, 2, 2, 5), tf.int32)
    out = predict(quality=tf.constant([1.0]), z=z)
    assert set(out) == {"mean", "index"}
    np.testing.assert_array_equal(out["index"], out["mean"] + 1)
