"""`decoder_full.tflite`: a file's payload in, pixels out, in builtin operations alone.

For programs that have a TFLite runtime and nothing else: the entropy decoder is part of
the graph. It needs only the header's numbers and the sections, which FORMAT.md says
how to find; checksums are the caller's business: `ok` notices most damage, but not
symbols of equal frequency that change places. The coder's loop takes several times
as long as in Java, JavaScript or C, and the image is decoded as a whole.
"""

import tensorflow as tf

from tfc_vae.coding.rate_points import STEPS
from tfc_vae.export import signatures
from tfc_vae.export.freeze import Frozen
from tfc_vae.export.ops import loops_tflite, rans_ops
from tfc_vae.export.receive import receive


class FullDecoder(tf.Module):
    """One signature, "decode"; see `signatures`.

    pixels are (height, width, 3). With ok false, for a damaged stream, they mean
    nothing.
    """

    def __init__(self, frozen: Frozen):
        super().__init__(name="full_decoder")
        model = frozen.model
        convs = (v for layer in frozen.hyper_convs for v in layer.variables)
        self.weights = (
            *model.synthesis.variables,
            model.gains.log_inverse,
            *convs,
            frozen.shift_rows,
        )

        def decode(payload, stream_bytes, size, quality_q8, lanes):
            octets = tf.cast(payload, tf.int32)
            sections = octets[: stream_bytes[0]], octets[stream_bytes[0] :]
            height, width = tf.unstack(size)
            quality = tf.cast(quality_q8, tf.float32) * (1 / STEPS)
            y, mean, rest = receive(
                frozen,
                frozen.tables,
                sections,
                lanes[0],
                (height, width),
                quality,
                loops_tflite,
            )
            pixels = frozen.synthesise(y, mean, quality)[0, :height, :width]
            return pixels, rans_ops.finished(*rest)[tf.newaxis]

        self.functions = signatures.functions("decoder_full", frozen, decode=decode)
