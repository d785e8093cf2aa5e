"""CRC-32 of zlib in TensorFlow ops, without a loop over bytes.

A CRC register is linear over GF(2): the register after A and then B is that after A,
followed by as many zero bytes as B has, xor that after B alone. So every byte gets its
own register, and neighbours are joined: bytes to pairs, pairs to quadruples, until one
is left. Following a register by zero bytes is a linear map of 32 bits: four table
look-ups, in a table that, looked up in itself, gives that of twice as many zeros.
Leading zeros change nothing, so an odd number gets one more register, zero.
"""

import numpy as np
import tensorflow as tf

_POLYNOMIAL = 0xEDB88320
_ONES = 0xFFFFFFFF
_bits = tf.bitwise


def crc32(octets):
    """Integers (n,) of 0 to 255, n at least 4 -> int64 ()."""
    octets = tf.cast(octets, tf.int64)
    # To start from all ones is to invert the first four bytes.
    inverted = _bits.bitwise_xor(octets[:4], 255)
    registers = tf.gather(_BYTE, tf.concat([inverted, octets[4:]], 0))

    def body(registers, table):
        odd = tf.shape(registers)[0] % 2
        registers = tf.pad(registers, [[odd, 0]])
        left, right = tf.unstack(tf.reshape(registers, [-1, 2]), axis=1)
        registers = _bits.bitwise_xor(_followed(left, table), right)
        return registers, _followed(table, table)

    registers, _ = tf.while_loop(
        lambda registers, _: tf.shape(registers)[0] > 1,
        body,
        (registers, tf.constant(_ZERO)),
        shape_invariants=(tf.TensorShape([None]), tf.TensorShape([4, 256])),
    )
    return _bits.bitwise_xor(registers[0], _ONES)


def _followed(registers, table):
    """Registers of any shape, followed by the zeros of a table (4, 256).

    table[i, v]: the register with v in byte i and 0 in the others, followed by them.
    """
    parts = []
    for byte in range(4):
        index = _bits.bitwise_and(_bits.right_shift(registers, 8 * byte), 255)
        parts.append(tf.gather(table[byte], index))
    low = _bits.bitwise_xor(parts[0], parts[1])
    return _bits.bitwise_xor(low, _bits.bitwise_xor(parts[2], parts[3]))


def _byte_table():
    """The register after each single byte, from zero."""
    register = np.arange(256, dtype=np.int64)
    for _ in range(8):
        register = register >> 1 ^ np.where(register & 1, _POLYNOMIAL, 0)
    return register


def _zero_table(byte_table):
    """The table of one zero byte, see `_followed`."""
    registers = np.arange(256, dtype=np.int64) << np.array([[0], [8], [16], [24]])
    return byte_table[registers & 255] ^ registers >> 8


_BYTE = _byte_table()
_ZERO = _zero_table(_BYTE)
