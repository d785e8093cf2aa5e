"""What a model is trained for.

A hyperprior model is a variational autoencoder (Balle et al. 2018, section 2). With
the posterior q(y~, z~ | x) uniform around the encoder's output, as wide as one
quantisation step, its entropy is zero, and the negative evidence lower bound is

    E_q[ -log2 p(x | y~)  -  log2 p(y~ | z~) - log2 p(z~) ]  =  D + R

The KL divergence from the prior is the rate R: the bits of y and z. With a normal
likelihood p(x | y~) of variance 1 / (2 lmbda ln 2), -log2 p(x | y~) is
lmbda * squared error plus a constant: the distortion D.
"""

import tensorflow as tf


def rate_distortion(x, out):
    """Returns bpp + lmbda * mse as named terms; 'loss' is the one minimised.

    x: (b, h, w, 3) in [0, 1]; out: what the model's `call` returned. mse is in squared
    8-bit levels, psnr in dB; each is the mean over the images of the batch. out's
    "weight" (1 in a model of one rate) lets every rate point count alike.
    """
    pixels = tf.cast(tf.shape(x)[1] * tf.shape(x)[2], tf.float32)
    bpp = out["bits"] / pixels
    error = tf.square(tf.cast(out["x_hat"], tf.float32) - x)
    mse = 255.0**2 * tf.reduce_mean(error, (1, 2, 3))
    psnr = 10 / tf.math.log(10.0) * tf.math.log(255.0**2 / tf.maximum(mse, 1e-3))
    loss = out["weight"] * (bpp + out["lmbda"] * mse)
    terms = {"loss": loss, "bpp": bpp, "mse": mse, "psnr": psnr}
    return {name: tf.reduce_mean(value) for name, value in terms.items()}
