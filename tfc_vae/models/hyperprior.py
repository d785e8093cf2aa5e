"""The models: scale hyperprior, mean-scale hyperprior, one rate or all of them.

scale        Balle et al. 2018, "Variational image compression with a scale
             hyperprior": y is normal with mean zero.
mean_scale   Minnen et al. 2018, "Joint autoregressive and hierarchical priors", the
             variant without context: the hyper synthesis predicts the mean, too.
Gains        Cui et al. 2021, "Asymmetric gained deep image compression with continuous
             rate adaptation": one vector per rate point scales y before quantisation,
             another scales it back, both interpolated in the logarithm.
"""

import functools
import math

import numpy as np
import tensorflow as tf
from tensorflow import keras

from tfc_vae import config as config_module
from tfc_vae.coding import Plan, walk
from tfc_vae.config import ModelConfig
from tfc_vae.layers import rounded, straight_through
from tfc_vae.models.objective import rate_distortion
from tfc_vae.models.priors import (
    LOG_STEP,
    SCALES,
    FactorizedPrior,
    index_of,
    latent_bits,
    noise,
)
from tfc_vae.models.transforms import TRANSFORMS

# One unit of the hyper synthesis's output is eight indices: Adam moves every weight at
# the same speed, and 64 indices are a long way.
INDEX_UNIT = 8.0


@keras.saving.register_keras_serializable(package="tfc_vae")
class Hyperprior(keras.Model):
    """x (b, h, w, 3) in [0, 1], h and w multiples of 64 -> dict.

    x_hat (b, h, w, 3); bits, lmbda, weight (b,). `position` (b,) chooses the rate: 0 is
    the first rate point, len(lmbdas) - 1 the last, and between them everything. Without
    it, training draws positions at random and evaluation spreads the batch over all.
    `seed`, int32 (2,), makes everything that training draws a function of it.
    """

    has_mean = False

    def __init__(self, config: ModelConfig, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        build = TRANSFORMS[config.transforms]
        nets = build(config, outputs=2 if self.has_mean else 1)
        self.analysis, self.synthesis = nets.analysis, nets.synthesis
        self.hyper_analysis = nets.hyper_analysis
        self.hyper_synthesis = nets.hyper_synthesis
        # Where the predictions start and how far they reach, per channel of y.
        self.index_start = index_of(nets.spread).astype("float32")
        self.mean_unit = np.maximum(nets.spread, 1.0).astype("float32")
        self.prior_z = FactorizedPrior(config.hyper_filters, name="prior_z")
        self.gains = Gains(config.lmbdas, config.latents, name="gains")

    def call(self, x, position=None, training=False, seed=None):
        seeds = [None] * 3 if seed is None else tf.unstack(tf.random.split(seed, 3))
        if position is None:
            position = self.gains.draw(tf.shape(x)[0], training, seeds[0])
        quantize = straight_through if training else rounded
        y = self.analysis(x) * self.gains(position)
        z = self.hyper_analysis(y if self.has_mean else tf.abs(y))

        def take(index, mean):
            return quantize(z) if mean is None else quantize(y, around=mean)

        _, y_hat, mean, index = walk(
            self.plan, take, lambda z_hat: self.predict_y(z_hat, position)
        )
        x_hat = self.synthesis(y_hat * self.gains.inverse(position))
        bits_z = self.prior_z(z, training=training, seed=seeds[1])
        bits_y = latent_bits(
            y, mean, index, self.config.density, training, seed=seeds[2]
        )
        lmbda = self.gains.lmbda(position)
        return {
            "x_hat": x_hat,
            "bits": bits_y + bits_z,
            "lmbda": lmbda,
            "weight": self.gains.weight(lmbda),
        }

    @property
    def plan(self) -> Plan:
        """The order of what is coded."""
        return Plan(self.config.hyper_filters, SCALES)

    def predict_y(self, z_hat, position):
        """z_hat -> mean and table index of each latent, before they are rounded."""
        index = self.index_at(position, self.hyper_synthesis(z_hat))
        return tf.zeros_like(index), index

    def index_at(self, position, output):
        """A gain shifts the logarithm of the scale, so it shifts the index."""
        shift = self.gains.log(position) / LOG_STEP
        return output * INDEX_UNIT + self.index_start + shift

    def compile(self, optimizer="adam", loss=None, **kwargs):
        """As in Keras; `loss` is a function like `objective.rate_distortion`.

        By default that, for the distortion of the model's configuration. What is shown
        while fitting is what it returns; raises ValueError for `metrics`.
        """
        if kwargs.get("metrics") or kwargs.get("weighted_metrics"):
            raise ValueError("metrics: not supported; bpp, mse and psnr are shown")
        super().compile(optimizer=optimizer, **kwargs)
        self.objective = loss or functools.partial(
            rate_distortion, distortion=self.config.distortion
        )
        # All replicas have the same means; by default Keras shows their sum.
        self.distribute_reduction_method = "first"
        self._make_meters()

    # Not tracked: what is shown while fitting is no weight of the model.
    @tf.__internal__.tracking.no_automatic_dependency_tracking
    def _make_meters(self):
        names = ["loss", "bpp", "mse", "psnr"]
        if self.config.distortion == "ms-ssim":
            names.append("ms_ssim")
        self.shown = {name: keras.metrics.Mean(name) for name in names}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        terms = self.objective(x, y_pred)
        for name, meter in self.shown.items():
            meter.update_state(terms[name])
        # Keras adds up the gradients of a strategy's replicas.
        return terms["loss"] / tf.distribute.get_strategy().num_replicas_in_sync

    def compute_metrics(self, x, y, y_pred, sample_weight):
        return {name: meter.result() for name, meter in self.shown.items()}

    @property
    def metrics(self):
        return list(self.shown.values()) if hasattr(self, "shown") else []

    def get_config(self):
        return {"config": config_module.to_dict(self.config), "name": self.name}

    @classmethod
    def from_config(cls, config):
        values = dict(config)
        values["config"] = config_module.from_dict(ModelConfig, values["config"])
        return cls(**values)

    def get_compile_config(self):
        """Only the optimiser: the loss is a function of this project."""
        if not getattr(self, "optimizer", None):
            return None
        return {"optimizer": keras.optimizers.serialize(self.optimizer)}

    def compile_from_config(self, config):
        self.compile(optimizer=keras.optimizers.deserialize(config["optimizer"]))
        self.optimizer.build(self.trainable_variables)

    def build_from_config(self, config):
        """Makes every variable, as loading a saved model needs them."""
        self.make_variables()

    def make_variables(self):
        """Runs one 64x64 image through, so that every variable exists."""
        self(tf.zeros((1, 64, 64, 3)))
        self.built = True
        return self


@keras.saving.register_keras_serializable(package="tfc_vae")
class MeanScaleHyperprior(Hyperprior):
    """Also predicts the mean of every latent."""

    has_mean = True

    def predict_y(self, z_hat, position):
        mean, index = tf.split(self.hyper_synthesis(z_hat), 2, axis=-1)
        return mean * self.mean_unit, self.index_at(position, index)


@keras.saving.register_keras_serializable(package="tfc_vae")
class Gains(keras.layers.Layer):
    """Per-channel gain of each rate point; position (b,) -> (b, 1, 1, latents)."""

    def __init__(self, lmbdas, latents, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.lmbdas, self.latents = tuple(lmbdas), latents
        logs = np.log(self.lmbdas)
        # The best step is proportional to 1 / sqrt(lmbda) at high rate.
        start = (logs - logs.mean()) / 2
        for name, sign in (("log_gain", 1), ("log_inverse", -1)):
            weight = self.add_weight(
                name,
                (len(self.lmbdas), latents),
                initializer=lambda shape, dtype, sign=sign: tf.repeat(
                    tf.constant(sign * start, dtype)[:, None], shape[1], axis=1
                ),
                trainable=len(self.lmbdas) > 1,
            )
            setattr(self, name, weight)
        self.built = True

    def call(self, position):
        return tf.exp(self.log(position))

    def log(self, position):
        """The logarithm of the gain, (b, 1, 1, latents)."""
        return _interpolate(self.log_gain, position)[:, None, None]

    def inverse(self, position):
        """The factor that brings y_hat back to the scale of the analysis."""
        return tf.exp(_interpolate(self.log_inverse, position))[:, None, None]

    def lmbda(self, position):
        """The multiplier of the distortion at `position`."""
        logs = tf.constant([[math.log(v)] for v in self.lmbdas], tf.float32)
        return tf.exp(_interpolate(logs, position))[:, 0]

    def weight(self, lmbda):
        """1 / sqrt(lmbda), 1 in the middle of the range.

        bpp + lmbda * mse grows about like the root: so weighted, a percent of any rate
        point's loss counts the same, as it does in BD-rate.
        """
        return tf.sqrt(np.exp(np.mean(np.log(self.lmbdas))) / lmbda)

    def draw(self, batch, training, seed=None):
        """Positions (b,): random to train, one in each b-th of the range; else even."""
        last = len(self.lmbdas) - 1.0
        if training:
            strata = tf.range(tf.cast(batch, tf.float32)) + 0.5 + noise((batch,), seed)
            return strata * (last / tf.cast(batch, tf.float32))
        return tf.linspace(0.0, last, batch) if last else tf.zeros((batch,))

    def get_config(self):
        config = super().get_config()
        del config["dtype"]
        return {**config, "lmbdas": self.lmbdas, "latents": self.latents}


def _interpolate(rows, position):
    """Linear between the rows of (points, c): position (b,) -> (b, c)."""
    points = rows.shape[0]
    low = tf.clip_by_value(tf.floor(position), 0, max(points - 2, 0))
    share = (position - low)[:, None]
    first = tf.cast(low, tf.int32)
    second = tf.minimum(first + 1, points - 1)
    return (1 - share) * tf.gather(rows, first) + share * tf.gather(rows, second)
