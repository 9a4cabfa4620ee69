#!/usr/bin/env python3
"""What four offices signed for each other holds for somebody who has nothing of our program: their
databases are exported and verified in Python; one changed letter of any object is found."""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import export  # noqa: E402
import verify  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))


def changed(text):
    """The same line with one letter of the signed bytes changed."""
    line = json.loads(text)
    data = bytearray(base64.b64decode(line["bytes"]))
    data[len(data) // 2] ^= 1
    line["bytes"] = base64.b64encode(data).decode()
    return json.dumps(line)


def holds(folder, lines):
    path = folder / "objects.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return verify.verify([str(path)])[0] is None


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="phoihop-e2e-") as top:
        os.chmod(top, 0o755)
        folder = pathlib.Path(top)
        subprocess.run([BUILD / "phoihop", "demo", "--dir", folder / "demo", "--port", "19381",
                        "--once"], check=True, timeout=120, stdout=subprocess.DEVNULL)
        for office in ("vptw", "vpctn", "vpqh", "vpcp"):
            lines = list(export.objects(folder / "demo" / office / "office.db"))
            spoiled = [lines[:i] + [changed(lines[i])] + lines[i + 1:] for i in range(len(lines))]
            good = len(lines) > 5 and holds(folder, lines)
            found = sum(not holds(folder, one) for one in spoiled)
            passed += good + (found == len(lines))
            failed += (not good) + (found != len(lines))
            print(f"  {office}: {len(lines)} objects hold, {found} changes found")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
