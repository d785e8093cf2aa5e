"""tfc-vae train, python train.py."""

import dataclasses
import importlib
import os
import sys

from tfc_vae.cli import streams
from tfc_vae.config import ConfigError, TrainConfig

HELP = "train a model, or continue a run (Python 3.10 or 3.11)"


def add_arguments(parser):
    parser.add_argument(
        "--preset", default="vr", help="a name in models/presets.py (default: vr)"
    )
    parser.add_argument(
        "--data",
        required=True,
        metavar="SOURCE",
        help="folder of photos, or tfds:NAME[:SPLIT]",
    )
    parser.add_argument(
        "--run",
        required=True,
        metavar="DIR",
        dest="folder",
        help="folder of the run; the same command continues it",
    )
    parser.add_argument(
        "--strategy",
        choices=("none", "mirrored", "multiworker"),
        default="none",
        help="tf.distribute strategy (default: none)",
    )
    parser.add_argument(
        "--init",
        metavar="DIR",
        help="exported model or run whose weights a new run starts from",
    )
    elsewhere = parser.add_argument_group(
        "on an accelerator that TensorFlow 2.14 does not know"
    )
    elsewhere.add_argument(
        "--export-step",
        metavar="DIR",
        help="write the compiled train step, crops and run_step.py there; no training",
    )
    elsewhere.add_argument(
        "--crops",
        metavar="N",
        type=int,
        default=2000,
        help="crops to write beside the step (default: %(default)s)",
    )
    elsewhere.add_argument(
        "--import-state",
        metavar="DIR",
        help="bring what run_step.py trained there back into the run; no training",
    )
    add_fields(parser, TrainConfig)
    parser.set_defaults(native=True)


def run(args):
    names = [field.name for field in dataclasses.fields(TrainConfig)]
    config = TrainConfig(**{name: getattr(args, name) for name in names})
    check_packages()
    # Imported here: TensorFlow takes seconds, and only two verbs need it.
    from tfc_vae import models, training

    try:
        preset = models.preset(args.preset)
        if args.export_step:
            _export_step(training, preset, config, args)
        elif args.import_state:
            step = training.import_state(preset, config, args.folder, args.import_state)
            streams.say(f"{args.folder} is at step {step}")
        else:
            training.train(
                preset, config, args.data, args.folder, args.strategy, init=args.init
            )
    except KeyboardInterrupt:
        streams.say(f"interrupted; the same command continues {args.folder}")
        return 130
    return 0


def _export_step(training, preset, config, args):
    if args.crops < 1:
        raise ConfigError(f"--crops: {args.crops}; expected 1 or more")
    training.export_step(
        preset, config, args.data, args.folder, args.export_step, args.crops
    )
    streams.say(
        f"where JAX runs: python {args.export_step}/run_step.py; then here: "
        f"--import-state {args.export_step}"
    )


def check_packages():
    """Raises `ConfigError` where the half that trains and exports cannot run."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        importlib.import_module("tensorflow_compression")
    except (ImportError, RuntimeError) as error:
        version = ".".join(map(str, sys.version_info[:2]))
        raise ConfigError(
            "training and export need Python 3.10 or 3.11 and `pip install -r "
            f"requirements.txt`; this is Python {version}, and: {error}"
        ) from error


def add_fields(parser, cls):
    """Adds an option per field of a config, with the field's own help."""
    for field in dataclasses.fields(cls):
        several = isinstance(field.default, tuple)
        shown = " ".join(map(str, field.default)) if several else str(field.default)
        text = f"{field.metadata['help']} (default: {shown})"
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            metavar="X",
            type=float if several else type(field.default),
            nargs=len(field.default) if several else None,
            default=field.default,
            help=text.replace("%", "%%"),
        )
