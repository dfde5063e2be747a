"""The statistics stand alone."""

import subprocess
import sys

CODE = """
import sys
import arena.analytics, arena.analytics.recount
loaded = {"django", "torch", "celery", "rest_framework", "matplotlib"} & set(sys.modules)
sys.exit(f"loaded: {sorted(loaded)}" if loaded else 0)
"""


def test_importing_the_statistics_loads_neither_django_nor_torch():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
