"""The coder as TensorFlow ops, in TensorFlow and in both TFLite runtimes."""

import json
from pathlib import Path

import ai_edge_litert.interpreter
import numpy as np
import pytest
import tensorflow as tf

from tfc_vae.coding import Decoder, Tables, concatenate, encode, gaussian
from tfc_vae.export import rans_ops

GOLDEN = json.loads(
    (Path(__file__).parent.parent / "golden" / "rans_v1.json").read_text()
)
INTERPRETERS = {
    "litert": ai_edge_litert.interpreter.Interpreter,
    "tflite": tf.lite.Interpreter,
}
TABLES = concatenate(
    gaussian(np.geomspace(0.11, 30, 16), 12, skip_below=1e-5),
    gaussian([2.0, 5.0], 12, radius=3),  # many escapes
)
INTS, STRING = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.string)


def rows_from(z):
    """Rows of y, two for each z: integers, as from a hyper decoder."""
    return tf.repeat(tf.math.floormod(z * 5 + 3, TABLES.rows), 2)


class Coder(tf.Module):
    """Two groups, z in rows 8 to 15 and y in rows that z decides."""

    @tf.function(input_signature=[INTS, INTS, INTS, INTS])
    def decode(self, state, words, escapes, rows):
        return self.pop(rans_ops.begin(state), words, escapes, rows)

    @tf.function(input_signature=[INTS, INTS, INTS, tf.TensorSpec([], tf.int32)])
    def encode(self, z, rows, y, lanes):
        groups = [(z, rows), (y, rows_from(z))]
        state, words, escapes = rans_ops.encode(groups, lanes, TABLES)
        return {"state": state, "words": words, "escapes": escapes}

    @tf.function(input_signature=[STRING, STRING, tf.TensorSpec([], tf.int32), INTS])
    def decode_bytes(self, stream, escapes, lanes, rows):
        cursor, words, escapes = rans_ops.from_bytes(stream, escapes, lanes)
        return self.pop(cursor, words, escapes, rows)

    @tf.function(input_signature=[INTS, INTS, INTS])
    def to_bytes(self, state, words, escapes):
        return rans_ops.to_bytes(state, words, escapes)

    def pop(self, cursor, words, escapes, rows):
        z, cursor = rans_ops.pop(cursor, words, escapes, rows, TABLES)
        y, cursor = rans_ops.pop(cursor, words, escapes, rows_from(z), TABLES)
        return {"z": z, "y": y, "ok": rans_ops.finished(cursor, words, escapes)}


@pytest.fixture(scope="module")
def coder():
    return Coder()


def image(seed, count):
    """Returns z, its rows and y, int32; 0 where the row is skipped."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(8, 16, count).astype(np.int32)
    z = np.rint(rng.normal(size=count) * 4).astype(np.int32)
    z[::97] = 20_000
    rows_y = rows_from(z).numpy()
    scales = np.append(np.geomspace(0.11, 30, 16), [2.0, 5.0])
    y = np.rint(rng.normal(size=2 * count) * scales[rows_y]).astype(np.int32)
    y[5::301] = -(2**15)
    return z, rows, np.where(TABLES.skip[rows_y], 0, y).astype(np.int32)


def numpy_bytes(z, rows, y, lanes):
    return encode([(z, rows), (y, rows_from(z).numpy())], TABLES, lanes)


def split(stream, escapes, lanes):
    """Bytes -> state, words, escapes, int32 each."""
    parts = (
        np.frombuffer(stream, "<u4", lanes),
        np.frombuffer(stream, "<u2", offset=4 * lanes),
        np.frombuffer(escapes, "<i2"),
    )
    return [part.astype(np.int32) for part in parts]


def joined(state, words, escapes):
    """The inverse of `split`."""
    stream = np.asarray(state, "<u4").tobytes() + np.asarray(words, "<u2").tobytes()
    return stream, np.asarray(escapes, "<i2").tobytes()


@pytest.mark.parametrize("lanes", [1, 8, 64, 256])
@pytest.mark.parametrize("count", [0, 1, 333, 3000])
def test_tensorflow_writes_and_reads_the_bytes_of_numpy(coder, lanes, count):
    z, rows, y = image(count, count)
    stream, escapes = numpy_bytes(z, rows, y, lanes)
    coded = coder.encode(z, rows, y, lanes)
    assert joined(coded["state"], coded["words"], coded["escapes"]) == (stream, escapes)
    written = coder.to_bytes(coded["state"], coded["words"], coded["escapes"])
    assert [part.numpy() for part in written] == [stream, escapes]
    for found in (
        coder.decode(*split(stream, escapes, lanes), rows),
        coder.decode_bytes(stream, escapes, lanes, rows),
    ):
        assert found["ok"]
        np.testing.assert_array_equal(found["z"], z)
        np.testing.assert_array_equal(found["y"], y)


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"{case['lanes']}")
def test_tensorflow_reads_and_writes_the_golden_streams(case):
    tables = Tables.from_arrays({k: np.array(v) for k, v in GOLDEN["tables"].items()})
    stream, escapes = bytes.fromhex(case["stream"]), bytes.fromhex(case["escapes"])
    cursor, words, side = rans_ops.from_bytes(stream, escapes, case["lanes"])
    groups = [(g["values"], g["rows"]) for g in case["groups"]]
    for values, rows in groups:
        found, cursor = rans_ops.pop(cursor, words, side, tf.constant(rows), tables)
        assert found.numpy().tolist() == values
    assert rans_ops.finished(cursor, words, side)
    written = rans_ops.to_bytes(*rans_ops.encode(groups, case["lanes"], tables))
    assert [part.numpy() for part in written] == [stream, escapes]


def test_values_beyond_16_bits_are_clipped_and_skipped_rows_are_zero():
    values = tf.constant([70_000, -70_000, 9])
    rows = tf.constant([9, 9, 0])  # 0 is skipped
    state, words, escapes = rans_ops.encode([(values, rows)], 1, TABLES)
    found, _ = rans_ops.pop(rans_ops.begin(state), words, escapes, rows, TABLES)
    assert found.numpy().tolist() == [2**15 - 1, -(2**15), 0]


def test_a_damaged_string_is_ok_exactly_when_numpy_accepts_it(coder):
    lanes = 4
    z, rows, y = image(5, 60)
    stream, escapes = numpy_bytes(z, rows, y, lanes)
    rng = np.random.default_rng(0)
    damaged = [(stream[:n], escapes) for n in (*range(20), len(stream) - 2)]
    damaged += [(stream, escapes[:-1]), (stream, escapes[:-2]), (stream, b"")]
    damaged += [(stream + b"\0\0", escapes), (stream, escapes + b"\0\0")]
    damaged += [(rng.bytes(n), rng.bytes(n % 7)) for n in range(16, 400, 16)]
    damaged += [(flipped(stream, bit), escapes) for bit in range(0, 8 * len(stream), 7)]
    verdicts = []
    for pair in [(stream, escapes), *damaged]:
        found = coder.decode_bytes(*pair, lanes, rows)
        assert bool(found["ok"]) == accepted(*pair, lanes, rows)
        assert found["z"].shape == z.shape and found["y"].shape == y.shape
        verdicts.append(bool(found["ok"]))
    assert verdicts[0] and sum(verdicts) < 5


def flipped(data, bit):
    data = bytearray(data)
    data[bit // 8] ^= 1 << bit % 8
    return bytes(data)


def accepted(stream, escapes, lanes, rows):
    try:
        decoder = Decoder(stream, escapes, lanes, TABLES)
        decoder.pop(rows_from(decoder.pop(rows)).numpy())
        decoder.finish()
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def models(coder):
    """The two functions as TFLite flatbuffers of builtin ops."""
    result = {}
    for function in (coder.decode, coder.encode):
        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [function.get_concrete_function()], coder
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        result[function.name] = converter.convert()
    return result


def run(interpreter, **inputs):
    """Runs the only signature on arrays of any length; returns named outputs."""
    (signature,) = interpreter.get_signature_list()
    runner = interpreter.get_signature_runner(signature)
    return runner(**{k: np.asarray(v, np.int32) for k, v in inputs.items()})


@pytest.mark.parametrize("runtime", INTERPRETERS)
@pytest.mark.parametrize("lanes, count", [(1, 70), (8, 1), (64, 3000)])
def test_tflite_writes_and_reads_the_bytes_of_numpy(models, runtime, lanes, count):
    make = INTERPRETERS[runtime]
    z, rows, y = image(count, count)
    stream, escapes = numpy_bytes(z, rows, y, lanes)
    coded = run(make(model_content=models["encode"]), z=z, rows=rows, y=y, lanes=lanes)
    assert joined(coded["state"], coded["words"], coded["escapes"]) == (stream, escapes)
    state, words, side = split(stream, escapes, lanes)
    found = run(
        make(model_content=models["decode"]),
        state=state,
        words=words,
        escapes=side,
        rows=rows,
    )
    assert found["ok"]
    np.testing.assert_array_equal(found["z"], z)
    np.testing.assert_array_equal(found["y"], y)


def test_tflite_tells_a_damaged_stream(models):
    z, rows, y = image(9, 500)
    state, words, side = split(*numpy_bytes(z, rows, y, 8), 8)
    interpreter = ai_edge_litert.interpreter.Interpreter(model_content=models["decode"])
    wrong_state = state.copy()
    wrong_state[3] = 0
    for damaged in (
        (state, words[:-3], side),
        (state, words[::-1], side),
        (state, words, side[:-1]),
        (wrong_state, words, side),
    ):
        names = ("state", "words", "escapes")
        found = run(interpreter, **dict(zip(names, damaged, strict=True)), rows=rows)
        assert not found["ok"]


def test_a_tflite_decoder_carries_the_tables_once(models):
    places = (TABLES.rows + 1) << TABLES.precision  # one int16 each
    assert 2 * places < len(models["decode"]) < 3 * places
    assert len(models["encode"]) < places
