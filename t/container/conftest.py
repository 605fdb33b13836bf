"""Fixtures: a place for images, and the image of docker/Dockerfile in it."""

import sys

import pytest

import debian

sys.dont_write_bytecode = True


@pytest.fixture(scope="session")
def place():
    """A place with an image of Debian 13, or a reason why not."""
    try:
        made = debian.Place()
    except debian.Impossible as problem:
        pytest.skip(str(problem))
    try:
        made.base()
        yield made
    except debian.Impossible as problem:
        pytest.skip(str(problem))
    finally:
        made.close()


@pytest.fixture(scope="session")
def image(place):
    """A place that has the image too."""
    place.image(debian.IMAGE, debian.ROOT / "docker/Dockerfile", debian.ROOT)
    return place
