"""What a model is trained for.

A hyperprior model is a variational autoencoder (Balle et al. 2018, section 2). With
the posterior q(y~, z~ | x) uniform around the encoder's output, as wide as one
quantisation step, its entropy is zero, and the negative evidence lower bound is

    E_q[ -log2 p(x | y~)  -  log2 p(y~ | z~) - log2 p(z~) ]  =  D + R

The KL divergence from the prior is the rate R: the bits of y and z. With a normal
likelihood p(x | y~) of variance 1 / (2 lmbda ln 2), -log2 p(x | y~) is
lmbda * squared error plus a constant: the distortion D.
"""

import math

import tensorflow as tf

# Exponents of the scales of MS-SSIM, finest first, its window and constants: Wang,
# Simoncelli and Bovik 2003. `evaluation.metrics` has the same for 8-bit images.
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_TAPS, _SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
SMALLEST_SIDE = _TAPS * 2 ** (len(_WEIGHTS) - 1)  # 176: the window fits the last scale

# 1 - MS-SSIM times this is about as large as the mean squared error in levels at which
# models of the literature give the same rate: so a rate point keeps its lmbda when a
# model is tuned for the other. (The multipliers of CompressAI's models, Begaint et al.
# 2020, are 2.4 to 220 for one and 117 to 11,700 for the other, on a scale of 0 to 1.)
MSE_OF_MS_SSIM = 1270.0


def rate_distortion(x, out, distortion="mse"):
    """Returns bpp + lmbda * distortion as named terms; 'loss' is the one minimised.

    x: (b, h, w, 3) in [0, 1]; out: what the model's `call` returned; distortion: a key
    of `DISTORTIONS`. mse is in squared 8-bit levels, psnr in dB; each is the mean over
    the images of the batch. out's "weight" (1 in a model of one rate) lets every rate
    point count alike.
    """
    pixels = tf.cast(tf.shape(x)[1] * tf.shape(x)[2], tf.float32)
    bpp = out["bits"] / pixels
    x_hat = tf.cast(out["x_hat"], tf.float32)
    mse = 255.0**2 * tf.reduce_mean(tf.square(x_hat - x), (1, 2, 3))
    psnr = 10 / tf.math.log(10.0) * tf.math.log(255.0**2 / tf.maximum(mse, 1e-3))
    terms = {"bpp": bpp, "mse": mse, "psnr": psnr}
    terms |= DISTORTIONS[distortion](x, x_hat, mse)
    loss = bpp + out["lmbda"] * terms.pop("distortion")
    terms["loss"] = out["weight"] * loss
    return {name: tf.reduce_mean(value) for name, value in terms.items()}


def _squared_error(x, x_hat, mse):
    return {"distortion": mse}


def _structure(x, x_hat, mse):
    similarity = ms_ssim(x, x_hat)
    # A hundredth of the squared error beside it: alone, the similarity hardly sees the
    # mean of large areas, and colours drift.
    unlike = MSE_OF_MS_SSIM * (1 - similarity)
    return {"distortion": unlike + 0.01 * mse, "ms_ssim": similarity}


# distortion -> what it adds to the terms: x, x_hat in [0, 1] and the squared error.
DISTORTIONS = {"mse": _squared_error, "ms-ssim": _structure}


def ms_ssim(a, b):
    """Multi-scale structural similarity, (b,): the mean over the colour channels.

    a, b: (b, h, w, 3) in [0, 1], sides of at least `SMALLEST_SIDE` and multiples of 16.
    As `evaluation.ms_ssim`, but with a gradient; terms below 0.001 count as that.
    """
    a, b = _planes(a), _planes(b)
    result = 1.0
    for scale, weight in enumerate(_WEIGHTS):
        if scale:
            a, b = (tf.nn.avg_pool2d(t, 2, 2, "VALID") for t in (a, b))
        luminance, contrast = _ssim_terms(a, b)
        last = scale == len(_WEIGHTS) - 1
        term = luminance * contrast if last else contrast
        # The gradient of a root is infinite at zero.
        term = tf.maximum(tf.reduce_mean(term, (1, 2, 3)), 1e-3)
        result *= term**weight
    return tf.reduce_mean(tf.reshape(result, [-1, 3]), 1)


def _planes(x):
    """(b, h, w, 3) -> (3 b, h, w, 1)."""
    shape = tf.shape(x)
    planes = tf.transpose(x, [0, 3, 1, 2])
    return tf.reshape(planes, [-1, shape[1], shape[2], 1])


def _ssim_terms(a, b):
    """Luminance and contrast-structure maps of SSIM."""
    stacked = tf.concat([a, b, a * b, a * a + b * b], 0)
    mean_a, mean_b, product, squares = tf.split(_blur(stacked), 4)
    both, square = mean_a * mean_b, mean_a**2 + mean_b**2
    luminance = (2 * both + _C1) / (square + _C1)
    contrast = (2 * (product - both) + _C2) / (squares - square + _C2)
    return luminance, contrast


def _blur(planes):
    """Gaussian window, separable, valid positions only."""
    window = _window()
    planes = tf.nn.conv2d(planes, window[:, None, None, None], 1, "VALID")
    return tf.nn.conv2d(planes, window[None, :, None, None], 1, "VALID")


def _window():
    half = _TAPS // 2
    weights = [math.exp(-0.5 * (i / _SIGMA) ** 2) for i in range(-half, half + 1)]
    return tf.constant([weight / sum(weights) for weight in weights], tf.float32)
