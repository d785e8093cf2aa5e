"""States on disk: exact, never with a NaN, and understood when they are damaged."""

import shutil

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


@pytest.fixture(scope="module")
def written(model, shake, tmp_path_factory):
    """A folder with the states of steps 5 and 9, and every number of step 9."""
    folder = tmp_path_factory.mktemp("written")
    config_module.save(folder / "config.json", model=model.config, train=TrainConfig())
    checkpoints = Checkpoints(model, folder)
    for step in (5, 9):
        shake(model, step)
        model.optimizer.iterations.assign(step)
        checkpoints.save()
    return folder, everything(model)


@pytest.fixture
def folder(written, tmp_path):
    """A copy of the folder with the two states."""
    return shutil.copytree(written[0], tmp_path / "run")


def reader(model, folder):
    """What only restores: it is quicker to make."""
    return Checkpoints(model, folder, chief=False)


def everything(model):
    variables = (*model.variables, *model.optimizer.variables)
    return [variable.numpy() for variable in variables]


def averages_of(model):
    return model.optimizer._model_variables_moving_average


def contents(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def assert_same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_averages_slots_and_step_come_back_to_the_bit(written, model, shake):
    folder, saved = written
    shake(model, 1)
    model.optimizer.iterations.assign(77)
    checkpoints = reader(model, folder)
    assert checkpoints.restore() == checkpoints.step == 9
    count = len(model.trainable_variables)
    assert len(saved) >= len(model.variables) + 3 * count  # two moments, one average
    assert_same(everything(model), saved)


def test_a_folder_without_a_state_starts_at_step_zero(model, tmp_path):
    checkpoints = reader(model, tmp_path)
    model.optimizer.iterations.assign(0)
    assert checkpoints.restore() == 0


def test_the_newest_state_is_the_one_of_the_highest_step(model, folder):
    checkpoints = Checkpoints(model, folder)
    for step in (10, 100):  # as text, 9 comes last
        model.optimizer.iterations.assign(step)
        checkpoints.save()
    assert checkpoints.restore() == 100
    kept = sorted(path.name for path in (folder / "checkpoints").glob("*.index"))
    assert kept == ["ckpt-10.index", "ckpt-100.index"]


def test_the_exported_weights_are_the_averages_and_nothing_else(model, folder):
    reader(model, folder).restore()
    loaded = training.load_model(folder)
    assert_same(loaded.trainable_variables, averages_of(model))
    assert_same(loaded.non_trainable_variables, model.non_trainable_variables)
    numbers = 0

    def count(name, item):
        nonlocal numbers
        numbers += item.size if isinstance(item, h5py.Dataset) else 0

    with h5py.File(folder / "averaged.weights.h5") as file:
        file.visititems(count)
    assert numbers == model.count_params()


def test_without_averages_the_weights_themselves_are_exported(compiled, folder):
    model = compiled(ema=0.0)
    Checkpoints(model, folder).save()
    assert_same(training.load_model(folder).variables, model.variables)


@pytest.mark.parametrize(("what", "value"), [("weight", np.nan), ("average", np.inf)])
def test_a_state_with_nan_is_not_written_and_the_good_one_stays(
    model, folder, what, value
):
    checkpoints = Checkpoints(model, folder)
    checkpoints.restore()
    before = contents(folder)
    weights = {"weight": model.trainable_variables, "average": averages_of(model)}
    spoilt = weights[what][3]
    spoilt.assign(np.full(spoilt.shape, value))
    model.optimizer.iterations.assign(12)
    checkpoints.on_epoch_end(3)
    assert contents(folder) == before
    with pytest.raises(RunError, match="before step 12; .* has the state of step 9: "):
        checkpoints.check_finite()
    checkpoints.restore()
    checkpoints.check_finite()


def test_weights_that_are_nan_before_the_first_state_are_told_so(compiled, tmp_path):
    model = compiled()
    first = model.trainable_variables[0]
    first.assign(np.full(first.shape, np.nan))
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


def empty(path):
    path.write_bytes(b"")


def remove(path):
    path.unlink()


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *(("ckpt-9.data-00000-of-00001", how) for how in (cut, flip, empty, remove)),
        *(("ckpt-9.index", how) for how in (cut, flip, empty)),
    ],
)
def test_a_damaged_state_is_named_and_without_it_the_one_before_is_taken(
    model, folder, name, damage
):
    states = folder / "checkpoints"
    damage(states / name)
    with pytest.raises(RunError) as caught:
        reader(model, folder).restore()
    message = str(caught.value)
    assert message.startswith(f"{states / 'ckpt-9'} is damaged: ")
    assert message.endswith(
        "; delete ckpt-9.* and the same command continues from ckpt-5"
    )
    assert "\n" not in message
    for path in states.glob("ckpt-9.*"):
        path.unlink()
    assert reader(model, folder).restore() == 5


def test_a_damaged_only_state_means_to_begin_anew(model, folder):
    for path in (folder / "checkpoints").glob("ckpt-5.*"):
        path.unlink()
    cut(folder / "checkpoints" / "ckpt-9.index")
    with pytest.raises(RunError, match="continues from the beginning"):
        reader(model, folder).restore()


def test_the_list_that_tensorflow_keeps_is_not_needed(model, folder):
    (folder / "checkpoints" / "checkpoint").unlink()
    assert reader(model, folder).restore() == 9


def test_a_state_of_another_optimiser_is_said_not_to_fit(compiled, folder):
    with pytest.raises(RunError, match="ckpt-9 does not fit the model: "):
        reader(compiled(ema=0.0), folder).restore()


def test_only_the_chief_of_a_cluster_leaves_files(model, tmp_path):
    checkpoints = Checkpoints(model, tmp_path, chief=False)
    checkpoints.save()
    assert checkpoints.saved == checkpoints.step and not contents(tmp_path)


@pytest.mark.parametrize("damage", [cut, empty])
def test_damaged_or_missing_averages_are_named(folder, damage):
    path = folder / "averaged.weights.h5"
    damage(path)
    with pytest.raises(RunError, match="averaged.weights.h5 is damaged or of "):
        training.load_model(folder)
    path.unlink()
    with pytest.raises(RunError, match="is missing; expected a run that has finished"):
        training.load_model(folder)
