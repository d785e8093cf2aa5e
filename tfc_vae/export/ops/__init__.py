"""The codec's own work as stock operations: what SavedModels and .tflite files run.

    rans_ops        the entropy coder: symbols, escapes, checks of damage
    loops_graph     its loops for SavedModels
    loops_tflite    its loops in TFLite builtins on int32, the same functions
    container_ops   .tfcv files: header and sections
    crc_ops         their checksums
    octet_ops       bytes as numbers
    text_ops        messages, and how a graph refuses
    image_ops       image files: what `images` does, where TensorFlow can

Each is tested against its twin in `coding`, `container` or `images`, which define what
it does.
"""
