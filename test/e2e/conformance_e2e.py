#!/usr/bin/env python3
"""Malformed HTTP against a real office: http_conformance.py on a server of its own.

    conformance_e2e.py [BUILD]
"""
import pathlib
import subprocess
import sys
import tempfile

import processes_e2e

SUITE = pathlib.Path(__file__).with_name("http_conformance.py")
WAIT_S = 200


def main():
    with tempfile.TemporaryDirectory(prefix="phoihop-conformance-") as name:
        top = pathlib.Path(name)
        top.chmod(0o755)  # the office's user must reach it
        port = processes_e2e.free_ports(20)
        office = processes_e2e.Office(top / "office", port)
        try:
            return subprocess.run([sys.executable, str(SUITE), f"127.0.0.1:{port}"],
                                  timeout=WAIT_S).returncode
        finally:
            office.stop()


if __name__ == "__main__":
    sys.exit(main())
