"""Compares the local service with a real Milvus 2.3.5 on random filters, schemas, rows and files. Takes minutes.

    tests/conformance/run real

ZSHELL_COMPARE_SEED sets the seed, which determines all draws. ZSHELL_COMPARE_SECONDS limits the total time, and
ZSHELL_COMPARE_FILTERS, _SCHEMAS, _ROWS and _FILES set the numbers of draws.
"""

import sys
import tempfile

from checks import section
from compare import Deadline, connect, setting
from real_server import RealServer

import compare_data
import compare_filters


def main():
    seed, deadline = setting("SEED", 1), Deadline(setting("SECONDS", 1800))
    with tempfile.TemporaryDirectory(prefix="real-milvus-") as folder, RealServer(sys.executable, folder) as server:
        connect(server.port)
        section(compare_filters.compare, seed, setting("FILTERS", 3000), deadline)
        counts = {"schemas": setting("SCHEMAS", 500), "rows": setting("ROWS", 1000), "files": setting("FILES", 300)}
        section(compare_data.compare, seed, counts, deadline, server)


if __name__ == "__main__":
    main()
