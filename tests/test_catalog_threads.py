"""The catalogue can be read first by several threads at once."""

from __future__ import annotations

import subprocess
import sys

READ = """
import sys, threading
from framefit.catalog import builtin
sys.setswitchinterval(1e-5)
ready = threading.Barrier(4)
def read():
    ready.wait()
    builtin()
threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_four_threads_at_once() -> None:
    """Processes whose first act is to read the catalogue in four threads all end well."""
    codes = [subprocess.run([sys.executable, "-c", READ], check=False).returncode for _ in range(12)]
    assert codes == [0] * 12
