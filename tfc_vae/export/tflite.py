"""TFLite files: builtin operations only, several signatures that share weights.

Height and width are dynamic. Only functions whose inner shapes follow from their
input's go in (`encode` and `decode` cut by a runtime shape; XNNPACK would leave the
whole graph to slow kernels).
"""

from pathlib import Path

import tensorflow as tf

SENDER = ("analyse", "hyper_analyse", "predict", "quantise")
RECEIVER = ("predict", "synthesise")


def write(saved_model, signatures, path, float16=False):
    """Converts signatures of a SavedModel; float16: constants of half the size."""
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(saved_model), signature_keys=list(signatures)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if float16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    Path(path).write_bytes(converter.convert())


def operations(path) -> set[str]:
    """Lists the operations of a file; custom and Flex ones by their own names."""
    interpreter = tf.lite.Interpreter(
        str(path),
        experimental_op_resolver_type=(
            tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    return {op["op_name"] for op in interpreter._get_ops_details()}
