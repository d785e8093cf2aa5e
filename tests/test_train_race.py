"""The rules of the training race: the same crops, the same clock, no worker left."""

import io
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import race_common as common  # noqa: E402
import race_options  # noqa: E402
import race_report  # noqa: E402
import race_workers as workers  # noqa: E402
import train_race  # noqa: E402


@pytest.mark.parametrize(
    ("share", "step", "rate"),
    [
        (0.0, 0, 1e-5),
        (0.01, 49, 5e-4),  # half of the rise
        (0.02, 99, 1e-3),
        (0.5, 1000, 1e-3),
        (0.75, 1500, 5.1e-4),  # half way from 1e-3 to 2e-5
        (0.75, 49, 2.55e-4),  # a slow machine: it still rises while it falls
        (1.0, 2000, 2e-5),
        (1.01, 2001, 2e-5),  # a last step may end late
    ],
)
def test_the_learning_rate_follows_the_share_of_the_time(share, step, rate):
    assert common.rate_at(share, step, 1e-3, 100) == pytest.approx(rate, abs=1e-12)


def test_every_round_visits_each_crop_at_most_once_and_in_an_order_of_its_own():
    rounds = [
        np.concatenate([common.order(11, step) for step in (turn, turn + 1)])
        for turn in (0, 2, 4)
    ]
    for numbers in rounds:
        assert len(set(numbers)) == 8 and set(numbers) <= set(range(11))
    assert len({tuple(numbers) for numbers in rounds}) == 3


def test_the_order_is_the_same_in_a_process_with_another_hash_seed():
    code = "import race_common as c; print([c.order(50, s).tolist() for s in (0, 30)])"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "benchmarks",
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    here = [common.order(50, step).tolist() for step in (0, 30)]
    assert printed.strip() == str(here)


@pytest.fixture
def started(monkeypatch):
    """As if the driver had given the start signal, as often as a test needs it."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("go\n" * 4))


def job(tmp_path, **more):
    crops = np.arange(9, dtype=np.uint8)[:, None, None, None] * np.ones((2, 2, 3))
    np.save(tmp_path / "crops.npy", crops.astype(np.uint8))
    given = {"crops": str(tmp_path / "crops.npy"), "learning_rate": 1.0}
    return {**given, "minutes": 0.5 / 60, "first_step": 0, "warm_up": 1, **more}


def test_training_goes_through_the_order_until_the_time_is_up(tmp_path, started):
    seen, rates = [], []

    def step(crops, rate):
        seen.append(crops[:, 0, 0, 0].tolist())
        rates.append(rate)
        return 2.0

    done = common.train(step, job(tmp_path, first_step=3))
    expected = [common.order(9, 3 + i).tolist() for i in range(done["steps"])]
    assert seen == expected
    assert done["seconds"] >= 0.5 and done["loss_of_last_tenth"] == 2.0
    assert done["rounds"] == done["crops_seen"] / 9 == 4 * done["steps"] / 9
    assert max(rates) == 1.0 and rates[-1] < 0.2


def test_a_loss_that_is_no_number_ends_the_training(tmp_path, started):
    done = common.train(lambda crops, rate: math.nan, job(tmp_path, minutes=5))
    assert done["steps"] == 1 and done["diverged"]
    assert done["loss_of_last_tenth"] is None


def test_the_shard_is_a_function_of_the_photos_and_the_seed(tmp_path, started):
    race_tfc_vae = pytest.importorskip("race_tfc_vae", reason="needs TensorFlow")
    cut = {"data": str(ROOT / "photos"), "count": 6}
    shards = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert race_tfc_vae.shard(cut, tmp_path / name)["crops"] == 6
        shards.append(np.load(tmp_path / name / "crops.npy"))
    assert shards[0].shape == (6, 192, 192, 3) and shards[0].dtype == np.uint8
    np.testing.assert_array_equal(*shards)
    assert len({crop.tobytes() for crop in shards[0]}) == 6


def test_the_best_learning_rate_is_of_those_that_did_not_diverge():
    def result(loss):
        return {"diverged": loss is None, "loss_of_last_tenth": loss}

    assert train_race.best([1e-4, 1e-3, 1e-2], map(result, [3.0, 2.0, None])) == 1e-3
    assert train_race.best([5e-4], []) == 5e-4
    with pytest.raises(workers.RaceError, match="diverged"):
        train_race.best([1e-3, 1e-2], map(result, [None, None]))


def test_two_fifths_fewer_bits_at_every_psnr_are_a_bd_rate_of_minus_forty():
    theirs = [{"psnr": 27.0 + n, "bpp": 0.2 * 1.3**n} for n in range(4)]
    ours = [{"psnr": 25.0 + n, "bpp": 0.12 * 1.3 ** (n - 2)} for n in range(8)]
    found = race_report.compare(ours, theirs)
    assert found["bd_rate_percent"] == pytest.approx(-40)
    assert found["common_psnr"] == [27, 30] and found["goal_met"]
    fewer = [row["fewer_bits_percent"] for row in found["at_equal_psnr"]]
    assert fewer == pytest.approx([40] * 4)


def test_curves_without_a_common_psnr_have_no_bd_rate_and_miss_the_goal(capsys):
    ours, theirs = (
        [{"psnr": start + n, "bpp": 0.2 + n} for n in range(2)] for start in (30, 20)
    )
    found = race_report.compare(ours, theirs)
    assert found["bd_rate_percent"] is None and not found["goal_met"]
    assert "no common range" in capsys.readouterr().err


READY = "import json, sys, time; print(json.dumps({'ready': 1}), flush=True);"
READY += "sys.stdin.readline();"


def task(tmp_path, name, code):
    folder = tmp_path / name
    folder.mkdir()
    script = folder / "script.py"
    script.write_text(READY + code)
    return workers.Task(name, sys.executable, str(script), folder, {"n": 1}, 1)


linux = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="only Linux gives one processor"
)


@linux
def test_a_worker_that_dies_is_an_error_with_its_words_and_ends_the_other(tmp_path):
    pid = tmp_path / "pid"
    sleeper = f"import os; open({str(pid)!r}, 'w').write(str(os.getpid()));"
    tasks = [
        task(tmp_path, "sleeper", sleeper + "time.sleep(600)"),
        task(tmp_path, "dying", "time.sleep(1); sys.exit('out of crops')"),
    ]
    processor = min(os.sched_getaffinity(0))
    with pytest.raises(workers.RaceError, match=r"(?s)dying.*out of crops"):
        workers.finish(tasks, [processor, processor])
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@linux
def test_what_is_finished_is_kept_but_a_race_runs_as_a_whole(tmp_path):
    count = "from pathlib import Path; f = Path(sys.argv[1]);"
    count += "n = len(list(f.glob('run*'))); (f / f'run{n}').touch();"
    count += "(f / 'result.json').write_text(json.dumps({'runs': n + 1}))"
    tasks = [task(tmp_path, name, count) for name in ("a", "b")]
    processors = [min(os.sched_getaffinity(0))] * 2
    assert workers.finish(tasks[:1], processors) == [{"runs": 1}]
    assert workers.finish(tasks, processors) == [{"runs": 1}, {"runs": 1}]
    (tmp_path / "b" / "result.json").unlink()
    again = workers.finish(tasks, processors, together=True)
    assert again == [{"runs": 2}, {"runs": 2}]
    other = tasks[0]._replace(job={"n": 2})
    assert workers.finish([other], processors) == [{"runs": 3}]


@linux
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--minutes", "0"], "--minutes: 0.0; expected"),
        (["--crops", "3"], "--crops: 3; expected 4"),
        (["--processors", "0", "0"], "expected two different"),
        (["--data", "nowhere"], "nowhere is no folder"),
        (["--kodak", "nowhere"], "--kodak"),
        (["--learning-rates", "-1"], "--learning-rates"),
        (["--lambdas", "0"], "--lambdas"),
    ],
)
def test_a_wrong_argument_is_one_error_and_exit_code_2(
    options, words, monkeypatch, capsys, tmp_path
):
    photos = str(ROOT / "photos")
    given = ["--data", photos, "--kodak", photos, "--run", str(tmp_path / "run")]
    monkeypatch.setattr(sys, "argv", ["train_race.py", *given, *options])
    with pytest.raises(SystemExit) as ended:
        race_options.parse("")
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_a_run_is_not_continued_with_other_settings(tmp_path):
    assert race_options.other_run(tmp_path / "run", {"minutes": 30, "crops": 8}) is None
    assert race_options.other_run(tmp_path / "run", {"minutes": 30, "crops": 8}) is None
    problem = race_options.other_run(tmp_path / "run", {"minutes": 10, "crops": 8})
    assert "other minutes" in problem
