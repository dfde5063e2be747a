import pytest

from tests.scoring.tiny import make_tiny_model


@pytest.fixture(autouse=True)
def own_storage():
    """The pure room has no settings to point elsewhere."""


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory):
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny-clip")
