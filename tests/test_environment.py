"""Where computing processes start: as many as there are cores, none with a say in the others."""

import os
import subprocess
import sys

from intensity.environment import FAST, ONE_THREAD, cores


def test_all_cores_that_may_be_used_are_counted() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_the_environment_is_text_and_holds_no_variable_twice() -> None:
    for name, value in (FAST | ONE_THREAD).items():
        assert name == name.upper()
        assert isinstance(value, str)
    assert not set(FAST) & set(ONE_THREAD)


def test_one_thread_is_what_tensorflow_then_uses() -> None:
    program = (
        "import tensorflow as tf; t = tf.config.threading;"
        "tf.ones((64, 64)) @ tf.ones((64, 64));"
        "print(t.get_intra_op_parallelism_threads(), t.get_inter_op_parallelism_threads())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | FAST | ONE_THREAD,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-2:] in (["1", "1"], ["0", "0"])
