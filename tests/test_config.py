"""Options: what is refused, and that a file gives back what was written."""

import dataclasses
import json

import pytest

from tfc_vae import config
from tfc_vae.config import ConfigError, ModelConfig, TrainConfig

MODEL = ModelConfig(filters=5, lmbdas=(0.1, 0.2))
TRAIN = TrainConfig(steps=7, downscale=(0.5, 1.0))


def test_a_file_gives_back_what_was_written(tmp_path):
    path = tmp_path / "config.json"
    config.save(path, model=MODEL, train=TRAIN)
    loaded = config.load(path, model=ModelConfig, train=TrainConfig)
    assert loaded == {"model": MODEL, "train": TRAIN}
    assert [p.name for p in tmp_path.iterdir()] == ["config.json"]


def test_the_file_is_json_with_the_names_of_the_fields(tmp_path):
    config.save(tmp_path / "c.json", train=TRAIN)
    written = json.loads((tmp_path / "c.json").read_text())["train"]
    assert set(written) == {field.name for field in dataclasses.fields(TrainConfig)}
    assert written["steps"] == 7 and written["downscale"] == [0.5, 1.0]


def test_lists_as_json_has_them_make_the_same_config():
    assert config.from_dict(ModelConfig, {"lmbdas": [1, 2]}).lmbdas == (1.0, 2.0)
    assert config.from_dict(ModelConfig, config.to_dict(MODEL)) == MODEL


@pytest.mark.parametrize("cls", [ModelConfig, TrainConfig])
def test_unknown_names_are_errors_that_list_the_known_ones(cls):
    known = ", ".join(sorted(field.name for field in dataclasses.fields(cls)))
    with pytest.raises(ConfigError) as caught:
        config.from_dict(cls, {"stepz": 1, "filterz": 2})
    assert str(caught.value) == (
        f"unknown option filterz, stepz; {cls.__name__} has {known}"
    )


@pytest.mark.parametrize("values", [None, 3, ["steps"], "steps"])
def test_options_without_names_are_an_error(values):
    with pytest.raises(ConfigError, match="expected named options"):
        config.from_dict(TrainConfig, values)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"model": {}, "train": {"stepz": 1}}', "unknown option stepz; TrainConfig"),
        ('{"model": {}, "train": {}, "data": {}}', "sections data, model, train; exp"),
        ('{"model": {}}', "sections model; expected model, train"),
        ("[]", "sections none; expected model, train"),
        ('{"model": {}, "tra', "is not JSON"),
        ("", "is not JSON"),
    ],
)
def test_a_file_of_another_form_is_an_error(tmp_path, text, words):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        config.load(path, model=ModelConfig, train=TrainConfig)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filters", 0),
        ("synthesis_filters", -1),
        ("latents", 0),
        ("hyper_filters", 0),
        ("filters", "many"),
        ("lmbdas", ()),
        ("lmbdas", (0.0, 0.1)),
        ("lmbdas", (0.2, 0.1)),
        ("lmbdas", (0.1, 0.1)),
        ("lmbdas", (float("nan"),)),
        ("lmbdas", (float("inf"),)),
        ("lmbdas", 0.1),
        ("lmbdas", ("low", "high")),
    ],
)
def test_a_model_option_out_of_range_is_named(name, value):
    with pytest.raises(ConfigError, match=name if value != "many" else "ModelConfig"):
        config.from_dict(ModelConfig, {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("batch", 0),
        ("steps_per_epoch", 0),
        ("crops_per_photo", 0),
        ("patch", 0),
        ("patch", -64),
        ("patch", 100),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("final_learning_rate", -1e-6),
        ("warmup", -1),
        ("clip_norm", -1.0),
        ("hold", 1.0),
        ("ema", 1.0),
        ("ema", -0.1),
        ("validation", 1.0),
        ("downscale", (0.0, 0.5)),
        ("downscale", (0.9, 0.5)),
        ("downscale", (0.5, 1.5)),
        ("downscale", (0.5,)),
        ("downscale", (0.5, 0.6, 0.7)),
        ("downscale", 0.5),
    ],
)
def test_a_training_option_out_of_range_is_named(name, value):
    with pytest.raises(ConfigError, match=f"^{name}: "):
        TrainConfig(**{name: value})


def test_configs_cannot_be_changed_after_they_were_checked():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TRAIN.steps = 8


def test_a_model_of_several_rate_points_is_of_variable_rate():
    assert MODEL.variable_rate and not ModelConfig(lmbdas=(0.1,)).variable_rate
