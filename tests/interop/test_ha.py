# SPDX-License-Identifier: BSD-3-Clause
"""The whole case with two hubs (ha.py), a failure a test, in the order of the table."""
import os
import shutil

import pytest

import ha
from conftest import KEPT

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def world():
    world = ha.World(f"culvert-ha{os.getpid()}")
    try:
        world.up()
        yield world
    finally:
        world.down()
        shutil.rmtree(os.path.join(KEPT, "ha"), ignore_errors=True)
        shutil.copytree(world.lab.logs, os.path.join(KEPT, "ha"), dirs_exist_ok=True)
        shutil.rmtree(world.lab.state, ignore_errors=True)


@pytest.mark.parametrize("name", [failure.name for failure in ha.FAILURES])
def test_failure(world, name):
    result, state, found = ha.run(world, ha.by_name(name))
    print(f"{name}: {result}, {state}")
    assert found == []
