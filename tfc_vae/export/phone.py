"""What the .tflite files hold: three files, each for every size and for tiles.

    encoder        analyse, hyper_analyse, quantise
    hyper_decoder  predict; integers, exact everywhere: both sides need it
    synthesis      synthesise

`analyse` and the other plain names take any height and width (`Interpreter`, by
resizing); `analyse_256` and `analyse_512` have fixed sizes, for runtimes that compile
ahead, such as LiteRT's CompiledModel on a GPU or an NPU: the window of one tile of so
many pixels, with a margin as wide as the network sees. All signatures of a file share
their weights.

Fixed windows of pixels, symbols and mean are float32, because such runtimes know no
uint8 and move integers back to the CPU; they hold the same whole numbers.
"""

from functools import partial

import tensorflow as tf

from tfc_vae.coding.geometry import LATENT, Z
from tfc_vae.export.freeze import Frozen

TILES = (256, 512)  # pixels
_FLOAT, _INT = tf.float32, tf.int32


class PhoneFile(tf.Module):
    """The functions of one file, by name; owns only what they need."""

    def __init__(self, frozen: Frozen, file, halo):
        """file: a key of FILES. halo: as in the manifest: how far a network sees."""
        super().__init__(name=file)
        weights, functions = FILES[file]
        self.weights = weights(frozen)
        self.functions = functions(frozen, halo)


def sides(tile, halo):
    """Latents per side of a tile's window, its margin of `halo` latents included."""
    return tile // LATENT + 2 * halo


def _encoder_weights(frozen):
    model = frozen.model
    transforms = (*model.analysis.variables, *model.hyper_analysis.variables)
    return (*transforms, model.gains.log_gain)


def _hyper_decoder_weights(frozen):
    convs = (v for layer in frozen.hyper_convs for v in layer.variables)
    return (*convs, frozen.shift_rows)


def _synthesis_weights(frozen):
    return (*frozen.model.synthesis.variables, frozen.model.gains.log_inverse)


def _encoder(frozen, halo):
    m = frozen.config.latents

    def analyse(pixels):
        return {"y": frozen.analyse(pixels)}

    def hyper_analyse(y, quality):
        return {"z": frozen.hyper_analyse(y, quality)}

    def quantise(y, quality, mean, index):
        return {"symbols": frozen.quantise(y, quality, mean, index)}

    functions = {
        "analyse": _function(analyse, _plane(3, tf.uint8)),
        "hyper_analyse": _function(hyper_analyse, _plane(m), _quality()),
        "quantise": _function(
            quantise, _plane(m), _quality(), _plane(m, _INT), _plane(m, _INT)
        ),
    }
    for tile in TILES:
        n = LATENT * sides(tile, halo["analysis"])
        functions[f"analyse_{tile}"] = _function(analyse, _plane(3, _FLOAT, n))
        n = tile // LATENT
        y, plane = _plane(m, _FLOAT, n), _plane(m, _INT, n)
        one = _quality(1)
        functions[f"quantise_{tile}"] = _function(quantise, y, one, plane, plane)
        if halo["hyper_analysis"] is not None:  # else no window gives the same
            n += 2 * Z * halo["hyper_analysis"]
            function = _function(hyper_analyse, _plane(m, _FLOAT, n), one)
            functions[f"hyper_analyse_{tile}"] = function
    return functions


def _hyper_decoder(frozen, halo):
    k = frozen.config.hyper_filters

    def predict(z, quality):
        mean, index = frozen.predict(z, quality)
        return {"mean": mean, "index": index}

    functions = {"predict": _function(predict, _plane(k, _INT), _quality())}
    for tile in TILES:
        n = tile // LATENT // Z + 2 * halo["hyper_synthesis"]
        functions[f"predict_{tile}"] = _function(
            predict, _plane(k, _INT, n), _quality(1)
        )
    return functions


def _synthesis(frozen, halo):
    m = frozen.config.latents

    def synthesise(symbols, mean, quality, kind):
        pixels = frozen.levels(symbols, mean, quality)
        return {"pixels": tf.cast(pixels, kind)}

    functions = {
        "synthesise": _function(
            partial(synthesise, kind=tf.uint8),
            *(_plane(m, _INT), _plane(m, _INT), _quality()),
        )
    }
    for tile in TILES:
        plane = _plane(m, _FLOAT, sides(tile, halo["synthesis"]))
        functions[f"synthesise_{tile}"] = _function(
            partial(synthesise, kind=_FLOAT), plane, plane, _quality(1)
        )
    return functions


def _plane(channels, dtype=_FLOAT, side=None):
    """Any batch, height and width; of a tile one square."""
    return tf.TensorSpec((1 if side else None, side, side, channels), dtype)


def _quality(batch=None):
    return tf.TensorSpec((batch,), _FLOAT)


def _function(call, *specs):
    return tf.function(call, input_signature=specs, autograph=False)


FILES = {
    "encoder": (_encoder_weights, _encoder),
    "hyper_decoder": (_hyper_decoder_weights, _hyper_decoder),
    "synthesis": (_synthesis_weights, _synthesis),
}
