"""The order of what is coded: z, channel by channel its own row, then y."""

import numpy as np
import pytest

from tfc_vae.coding import CodingError, Latents, Plan, walk

PLAN = Plan(z_channels=2, first_z=64)


def test_z_is_coded_first_and_each_channel_by_its_row():
    planes = [np.full((1, 1, 2), value) for value in (1, 2, 3, 4)]
    (z, z_index), (y, index) = PLAN.groups(Latents(*planes))
    assert z.ravel().tolist() == [1, 1] and y.ravel().tolist() == [2, 2]
    assert z_index.ravel().tolist() == [64, 65] and index.ravel().tolist() == [4, 4]


def test_a_walk_takes_z_then_predicts_then_takes_y():
    asked = []

    def take(index, mean):
        asked.append((index, mean))
        return f"values {len(asked)}"

    latents = walk(PLAN, take, lambda z: (f"mean of {z}", f"index of {z}"))
    assert asked[0][0].tolist() == [64, 65] and asked[0][1] is None
    assert asked[1] == ("index of values 1", "mean of values 1")
    assert latents == ("values 1", "values 2", *reversed(asked[1]))


def test_more_passes_than_one_are_refused():
    with pytest.raises(CodingError, match="2 passes"):
        Plan(2, 64, passes=2)
