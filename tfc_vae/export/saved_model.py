"""SavedModels with named signatures and stock operations only."""

from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2


def write(module, folder):
    """Saves a `Sender` or `Receiver`; every function becomes a signature."""
    tf.saved_model.save(module, str(folder), signatures=module.functions)


def operations(folder) -> set[str]:
    """Lists the operations of a SavedModel, those in its functions included."""
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString((Path(folder) / "saved_model.pb").read_bytes())
    found = set()
    for meta in proto.meta_graphs:
        nodes = list(meta.graph_def.node)
        for function in meta.graph_def.library.function:
            nodes.extend(function.node_def)
        found.update(node.op for node in nodes)
    return found


# What a stock server of any version from 2.14 runs; nothing else may be exported.
STOCK = set(
    """
    Abs AddV2 AssignVariableOp BiasAdd Cast ConcatV2 Const Conv2D
    Conv2DBackpropInput DepthToSpace DisableCopyOnRead Exp ExpandDims Floor FloorDiv
    FloorMod GatherV2 Identity IdentityN LeakyRelu Less Log Maximum
    MergeV2Checkpoints Minimum Mul NoOp Pack PartitionedCall Placeholder Range
    ReadVariableOp RealDiv Relu ResourceGather RestoreV2 Round SaveV2 Select
    SelectV2 Shape ShardedFilename Sigmoid Sign SpaceToDepth Split Sqrt Square
    StatefulPartitionedCall StaticRegexFullMatch StridedSlice StringJoin Sub
    Transpose Unpack VarHandleOp ZerosLike
    """.split()
)
