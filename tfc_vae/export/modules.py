"""Sender and receiver as tf.Modules: fresh objects that own only what they need.

Nothing of tfc and nothing of Keras is tracked, only the variables that the traced
functions capture: a SavedModel that holds an entropy model does not load without tfc.
"""

import tensorflow as tf

from tfc_vae.export import serving
from tfc_vae.export.freeze import Frozen
from tfc_vae.export.ops import image_ops, rans_ops

_FLOAT, _INT = tf.float32, tf.int32


class Sender(tf.Module):
    """Pixels and quality -> integer symbols; has no synthesis."""

    def __init__(self, frozen: Frozen):
        super().__init__(name="sender")
        model = frozen.model
        self.weights = (
            *model.analysis.variables,
            *model.hyper_analysis.variables,
            model.gains.log_gain,
            *_shared(frozen),
        )
        self.functions = {
            **_sender_functions(frozen),
            **serving.sender_functions(frozen),
        }


class Receiver(tf.Module):
    """Integer symbols -> pixels; has no analysis."""

    def __init__(self, frozen: Frozen):
        super().__init__(name="receiver")
        model = frozen.model
        self.weights = (
            *model.synthesis.variables,
            model.gains.log_inverse,
            *_shared(frozen),
        )
        tables = rans_ops.pop_tables(frozen.tables)
        self.tables = (tables.entries, tables.values_at)
        self.functions = {
            **_receiver_functions(frozen),
            **serving.receiver_functions(frozen, tables),
        }


def _shared(frozen):
    """The variables of `predict`, which both halves have."""
    convs = (v for layer in frozen.hyper_convs for v in layer.variables)
    return (*convs, frozen.shift_rows)


def _plane(channels, dtype):
    return tf.TensorSpec((None, None, None, channels), dtype)


def _sender_functions(frozen):
    m, k = frozen.config.latents, frozen.config.hyper_filters
    quality = tf.TensorSpec((None,), _FLOAT)
    pixels = _plane(3, tf.uint8)

    @tf.function(input_signature=[pixels])
    def analyse(pixels):
        return {"y": frozen.analyse(pixels)}

    @tf.function(input_signature=[_plane(m, _FLOAT), quality])
    def hyper_analyse(y, quality):
        return {"z": frozen.hyper_analyse(y, quality)}

    @tf.function(
        input_signature=[_plane(m, _FLOAT), quality, _plane(m, _INT), _plane(m, _INT)]
    )
    def quantise(y, quality, mean, index):
        return {"symbols": frozen.quantise(y, quality, mean, index)}

    @tf.function(input_signature=[pixels, quality])
    def encode(pixels, quality):
        """Any height and width: pads at the right and at the bottom."""
        latents = frozen.emit(frozen.analyse(image_ops.padded(pixels)), quality)
        return {"z": latents.z, "symbols": latents.y, "index": latents.index}

    return {
        "analyse": analyse,
        "hyper_analyse": hyper_analyse,
        "predict": _predict_function(frozen, k),
        "quantise": quantise,
        "encode": encode,
    }


def _receiver_functions(frozen):
    m, k = frozen.config.latents, frozen.config.hyper_filters
    quality = tf.TensorSpec((None,), _FLOAT)

    @tf.function(input_signature=[_plane(m, _INT), _plane(m, _INT), quality])
    def synthesise(symbols, mean, quality):
        return {"pixels": frozen.synthesise(symbols, mean, quality)}

    @tf.function(input_signature=[_plane(m, _FLOAT), quality])
    def render(y_hat, quality):
        """Differentiable: what encode-time search goes through."""
        return {"pixels": frozen.render(y_hat, quality)}

    @tf.function(input_signature=[_plane(k, _FLOAT), quality])
    def relax(z, quality):
        """Differentiable, too: `predict` without its roundings."""
        mean, index = frozen.relax(z, quality)
        return {"mean": mean, "index": index}

    @tf.function(input_signature=[_plane(k, _INT), _plane(m, _INT), quality])
    def decode(z, symbols, quality):
        """Returns whole 16x16 blocks: the caller cuts them to the image's size."""
        mean, _ = frozen.predict_y(z, quality, tf.shape(symbols))
        return {"pixels": frozen.synthesise(symbols, mean, quality)}

    return {
        "predict": _predict_function(frozen, k),
        "synthesise": synthesise,
        "render": render,
        "relax": relax,
        "decode": decode,
    }


def _predict_function(frozen, channels):
    @tf.function(input_signature=[_plane(channels, _INT), tf.TensorSpec((None,))])
    def predict(z, quality):
        mean, index = frozen.predict(z, quality)
        return {"mean": mean, "index": index}

    return predict
