import pytest

from tfc_vae.codec.rate_control import HIGHEST, LOWEST, largest, smallest


@pytest.mark.parametrize("edge", [LOWEST, LOWEST + 1, 5000, HIGHEST - 1, HIGHEST])
def test_largest_is_the_last_step_that_fits(edge):
    assert largest(lambda step: step <= edge) == edge


def test_largest_is_none_where_nothing_fits():
    assert largest(lambda step: False) is None


@pytest.mark.parametrize("edge", [LOWEST, LOWEST + 1, 5000, HIGHEST - 1, HIGHEST])
def test_smallest_is_the_first_step_that_reaches(edge):
    assert smallest(lambda step: step >= edge) == edge


def test_smallest_is_none_where_nothing_reaches():
    assert smallest(lambda step: False) is None


def test_few_steps_are_tried():
    tried = []
    largest(lambda step: tried.append(step) or step < 9999)
    assert len(tried) <= 17
