"""States on disk: exact, never with a NaN, and understood when they are damaged."""

import h5py
import numpy as np
import pytest

from tfc_vae import config as config_module
from tfc_vae import training
from tfc_vae.config import TrainConfig
from tfc_vae.training.checkpoints import Checkpoints, RunError


@pytest.fixture(scope="module")
def model(compiled):
    return compiled()


@pytest.fixture
def run(model, shake, tmp_path):
    """Checkpoints of a folder with the states of steps 5 and 9."""
    config_module.save(
        tmp_path / "config.json", model=model.config, train=TrainConfig()
    )
    checkpoints = Checkpoints(model, tmp_path)
    for step in (5, 9):
        shake(model, step)
        model.optimizer.iterations.assign(step)
        checkpoints.save()
    return checkpoints


def everything(model):
    variables = (*model.variables, *model.optimizer.variables)
    return [variable.numpy() for variable in variables]


def contents(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_weights_averages_slots_and_step_come_back_to_the_bit(run, model, shake):
    saved = everything(model)
    shake(model, 1)
    model.optimizer.iterations.assign(77)
    assert run.restore() == run.step == 9
    count = len(model.trainable_variables)
    assert len(saved) >= len(model.variables) + 3 * count  # two moments, one average
    for ours, theirs in zip(everything(model), saved, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_folder_without_a_state_starts_at_step_zero(model, tmp_path):
    assert Checkpoints(model, tmp_path).restore() == 0


def test_the_newest_state_is_the_one_of_the_highest_step(run, model):
    for step in (10, 100):  # as text, 9 comes last
        model.optimizer.iterations.assign(step)
        run.save()
    assert run.restore() == 100
    kept = sorted(p.name for p in (run.folder / "checkpoints").glob("*.index"))
    assert kept == ["ckpt-10.index", "ckpt-100.index"]


def test_the_exported_weights_are_the_averages_and_nothing_else(run, model):
    loaded = training.load_model(run.folder)
    averages = model.optimizer._model_variables_moving_average
    for variable, average in zip(loaded.trainable_variables, averages, strict=True):
        np.testing.assert_array_equal(variable, average)
    for variable, own in zip(
        loaded.non_trainable_variables, model.non_trainable_variables, strict=True
    ):
        np.testing.assert_array_equal(variable, own)
    numbers = 0

    def count(name, item):
        nonlocal numbers
        numbers += item.size if isinstance(item, h5py.Dataset) else 0

    with h5py.File(run.folder / "averaged.weights.h5") as file:
        file.visititems(count)
    assert numbers == model.count_params()


def test_without_averages_the_weights_themselves_are_exported(compiled, tmp_path):
    model = compiled(ema=0.0)
    config_module.save(
        tmp_path / "config.json", model=model.config, train=TrainConfig()
    )
    Checkpoints(model, tmp_path).save()
    loaded = training.load_model(tmp_path)
    for ours, theirs in zip(model.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("what", ["weight", "average"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_state_with_nan_is_not_written_and_the_good_one_stays(
    run, model, what, value
):
    before = contents(run.folder)
    averages = model.optimizer._model_variables_moving_average
    spoilt = {"weight": model.trainable_variables, "average": averages}[what][3]
    spoilt.assign(np.full(spoilt.shape, value))
    model.optimizer.iterations.assign(12)
    run.on_epoch_end(3)
    assert contents(run.folder) == before
    with pytest.raises(RunError, match="before step 12; .* has the state of step 9: "):
        run.check_finite()
    run.restore()
    run.check_finite()


def test_weights_that_are_nan_before_the_first_state_are_told_so(compiled, tmp_path):
    model = compiled()
    model.trainable_variables[0].assign_add(
        np.full(model.trainable_variables[0].shape, np.nan)
    )
    checkpoints = Checkpoints(model, tmp_path)
    checkpoints.save()
    assert not contents(tmp_path)
    with pytest.raises(RunError, match="has no state: "):
        checkpoints.check_finite()


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


@pytest.mark.parametrize(
    "name, damage",
    [
        ("ckpt-9.data-00000-of-00001", cut),
        ("ckpt-9.data-00000-of-00001", flip),
        ("ckpt-9.data-00000-of-00001", lambda path: path.unlink()),
        ("ckpt-9.data-00000-of-00001", lambda path: path.write_bytes(b"")),
        ("ckpt-9.index", cut),
        ("ckpt-9.index", flip),
        ("ckpt-9.index", lambda path: path.write_bytes(b"")),
    ],
)
def test_a_damaged_state_is_named_and_without_it_the_one_before_is_taken(
    run, model, name, damage
):
    folder = run.folder / "checkpoints"
    damage(folder / name)
    with pytest.raises(RunError) as caught:
        run.restore()
    message = str(caught.value)
    assert message.startswith(f"{folder / 'ckpt-9'} is damaged: ")
    assert message.endswith(
        "; delete ckpt-9.* and the same command continues from ckpt-5"
    )
    assert "\n" not in message
    for path in folder.glob("ckpt-9.*"):
        path.unlink()
    assert Checkpoints(model, run.folder).restore() == 5


def test_a_damaged_only_state_means_to_begin_anew(run, model):
    folder = run.folder / "checkpoints"
    for path in folder.glob("ckpt-5.*"):
        path.unlink()
    cut(folder / "ckpt-9.index")
    with pytest.raises(RunError, match="continues from the beginning"):
        run.restore()


def test_the_list_that_tensorflow_keeps_is_not_needed(run, model):
    (run.folder / "checkpoints" / "checkpoint").unlink()
    assert Checkpoints(model, run.folder).restore() == 9


def test_a_state_of_another_model_is_said_to_be_one(run, compiled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    Checkpoints(compiled(ema=0.0), folder).save()
    with pytest.raises(RunError, match="ckpt-0 does not fit the model: "):
        Checkpoints(run.state.model, folder).restore()


def test_only_the_chief_of_a_cluster_leaves_files(model, tmp_path):
    Checkpoints(model, tmp_path, chief=False).save()
    assert not contents(tmp_path)


@pytest.mark.parametrize("damage", [cut, lambda path: path.write_bytes(b"")])
def test_damaged_or_missing_averages_are_named(run, damage):
    path = run.folder / "averaged.weights.h5"
    damage(path)
    with pytest.raises(RunError, match="averaged.weights.h5 is damaged: "):
        training.load_model(run.folder)
    path.unlink()
    with pytest.raises(RunError, match="is missing: the run has not finished its"):
        training.load_model(run.folder)
