#!/usr/bin/env python3
"""Breaks a scripted exchange of two offices everywhere, and looks whether a promise was broken.

    crash.py [BUILD] [--all]    prints "N passed, M failed"; exit 1 when M > 0

At each call that changes the disk: the process is killed; the call fails with EIO, ENOSPC, EINTR;
it writes half. At allocations: there is no memory. At each moment: the power goes, and of what was
not yet synced the disk keeps any part. Then both offices are opened again by the program as it is,
go on until nothing waits, and are checked. Without --all a sample of the points, spread evenly.

No promise may be broken: what a person or a peer was told is there, at both offices, once, numbers
have no gap, every hash, signature and projection is right. Disks that lie about one kind of sync
must be found out, or this test would prove nothing.
"""
import concurrent.futures
import glob
import hashlib
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARGUMENTS = [a for a in sys.argv[1:] if not a.startswith("--")]
BUILD = pathlib.Path(ARGUMENTS[0] if ARGUMENTS else ROOT / "build").resolve()
ALL = "--all" in sys.argv
SCRIPT, SHIM = BUILD / "crash" / "script", BUILD / "crash" / "shim.so"
ROUNDS, WAIT_S, SECTOR = 2, 60, 512
FAULTS = ("kill", "EIO", "ENOSPC", "EINTR", "short")
SAMPLE = {"kill": 24, "EIO": 10, "ENOSPC": 10, "EINTR": 10, "short": 8, "alloc": 20, "power": 40}
WHOLE = {"alloc": 2000, "power": 1000}
CANARY_CUTS = 10
OP_CREATE, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_RENAME, OP_UNLINK, OP_SAY = range(1, 8)
CANARIES = {
    "the log of the store is not synced": lambda name: name.endswith("-wal"),
    "files are not synced": lambda name: "/tmp/" in name,
    "folders are not synced": lambda name: "/blobs" in name,
}
# Where tests may be fast: what a power cut leaves is made from a journal, not by the disk.
PLACE = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def script(*arguments, **shim):
    environment = dict(os.environ)
    if shim:
        environment.update({f"SHIM_{k.upper()}": str(v) for k, v in shim.items()},
                           LD_PRELOAD=str(SHIM))
    return subprocess.run([SCRIPT, *map(str, arguments)], capture_output=True, text=True,
                          timeout=WAIT_S, env=environment)


def broken(folder, promises):
    """What does not hold after the offices were opened again; None when all holds."""
    done = script("mend", folder)
    if done.returncode != 0:
        return f"it does not start again: {done.stderr.strip()[-300:]}"
    told = [line.split() for line in done.stdout.splitlines()]
    said = {tuple(line) for line in told}
    number = {(line[1], line[2]): int(line[3]) for line in told if line[0] == "number"}
    for promise in promises:
        word, *rest = promise.split()
        if word == "file":
            found = glob.glob(f"{folder}/0/blobs/**/{rest[0]}", recursive=True)
            content = pathlib.Path(found[0]).read_bytes() if found else b""
            if hashlib.sha256(b"\0" + content).hexdigest() != rest[0]:
                return f"lost: {promise}"
        elif word == "put" and not {("has", "0", rest[1]), ("has", "1", rest[1])} <= said:
            return f"lost: {promise}"
        elif word == "receipt" and not {("registered", "0", rest[0]),
                                        ("registered", "1", rest[0])} <= said:
            return f"lost: {promise}"
        elif word == "took" and number[rest[0], "taken"] < int(rest[1]):
            return f"taken back: {promise}"
    for office in "01":
        if ("check", office, "equal") not in said:
            return f"check of office {office}: {done.stderr.strip()[-300:]}"
        for name, want in (("sent", number[office, "sent_max"]), ("waiting", 0), ("aside", 0),
                           ("leaves", number[office, "leaves_once"]), ("alarms", 0)):
            if number[office, name] != want:
                return f"office {office}: {name} is {number[office, name]}, not {want}"
    return None


class Crash:
    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.base = self.top / "base"
        self.base.mkdir()
        script("found", self.base).check_returncode()
        self.passed = self.failed = 0
        calls = self.top / "calls"
        folder = self.copy()
        script("run", folder, ROUNDS, dir=folder, kind="none", count=calls).check_returncode()
        self.calls, self.allocs = map(int, calls.read_text().split())

    def copy(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.top))
        shutil.copytree(self.base, folder, dirs_exist_ok=True)
        return folder

    def points(self, kind, last):
        want = WHOLE.get(kind, last) if ALL else SAMPLE[kind]
        want = min(want, last)
        return [1 + i * last // want for i in range(want)]

    def fault(self, kind, at):
        """One run in which one call goes wrong."""
        folder = self.copy()
        done = script("run", folder, ROUNDS, dir=folder, kind=kind, at=at)
        what = broken(folder, done.stdout.splitlines())
        shutil.rmtree(folder)
        return done.returncode, what and f"{kind} at {at}: {what}"

    def report(self, name, results):
        """Shapes: (whether the run ended early, what is broken or None)."""
        results = list(results)
        wrong = [what for _, what in results if what]
        early = sum(code != 0 for code, _ in results)
        self.passed += len(results) - len(wrong)
        self.failed += len(wrong)
        print(f"  {name}: {len(results)} points, {early} runs ended early, {len(wrong)} broken",
              flush=True)
        for what in wrong[:5]:
            print(f"    {what}")

    def journal(self):
        """One whole run as the operations that reached the disk."""
        folder, path = self.copy(), self.top / "journal"
        script("run", folder, ROUNDS, dir=folder, kind="none", journal=path).check_returncode()
        shutil.rmtree(folder)
        data, at, operations = path.read_bytes(), 0, []
        while at < len(data):
            op, number, length = struct.unpack_from("=BQI", data, at)
            at += 13
            name, at = data[at:at + length].decode(), at + length
            length, = struct.unpack_from("=I", data, at)
            at += 4
            content, at = data[at:at + length], at + length
            operations.append((op, number, os.path.relpath(name, folder) if name else "",
                               content if op != OP_RENAME else
                               os.path.relpath(content.decode(), folder)))
        return operations

    def power(self, operations, cut, seed, lies=None):
        """The disk as it may be when the power goes after `cut` operations. `lies` says which names
        are not synced although the disk says so."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.top))
        disk = Disk(self.base, random.Random(seed))
        promises = []
        for op, number, name, content in operations[:cut]:
            if op == OP_SAY:
                promises += content.decode().splitlines()
            elif not (lies and op == OP_SYNC and lies(name)):
                disk.take(op, number, name, content)
        disk.write(folder)
        what = broken(folder, promises)
        shutil.rmtree(folder)
        return 1, what and f"power cut after {cut} of {len(operations)}, seed {seed}: {what}"


class File:
    def __init__(self, content=b""):
        self.content = bytearray(content)  # durable
        self.pending = []                  # (operation, number, data) since the last sync

    @staticmethod
    def change(content, op, number, data):
        if op == OP_TRUNCATE:
            del content[number:]
            content.extend(bytes(number - len(content)))
        elif data:
            content.extend(bytes(max(0, number - len(content))))
            content[number:number + len(data)] = data

    def sync(self):
        for change in self.pending:
            self.change(self.content, *change)
        self.pending = []

    def after_cut(self, chance):
        """Any part of what was not synced, a write perhaps torn between two sectors."""
        content = bytearray(self.content)
        for op, number, data in self.pending:
            fate = chance.random()
            if fate < 0.4:
                self.change(content, op, number, data)
            elif fate < 0.6 and op == OP_WRITE:
                kept = chance.randrange(len(data) // SECTOR + 1) * SECTOR
                self.change(content, op, number, data[:kept])
        return content


class Disk:
    """Files and names, durable or not."""

    def __init__(self, base, chance):
        self.chance = chance
        self.durable, self.names, self.pending = {}, {}, []
        for path in base.rglob("*"):
            if path.is_file() and not path.name.endswith("-shm"):
                self.durable[str(path.relative_to(base))] = File(path.read_bytes())
        self.names = dict(self.durable)
        self.folders = {str(p.relative_to(base)) for p in base.rglob("*") if p.is_dir()}

    def rename(self, names, change):
        """Shapes: (folders it concerns, names that go, names that come)."""
        _, gone, come = change
        for name in gone:
            names.pop(name, None)
        names.update(come)

    def name_change(self, gone, come):
        folders = {os.path.dirname(name) for name in [*gone, *come]}
        change = (folders, gone, come)
        self.rename(self.names, change)
        self.pending.append(change)

    def sync_folder(self, folder):
        """One folder's names become durable; a rename between two folders goes as a whole."""
        for change in [c for c in self.pending if folder in c[0]]:
            self.rename(self.durable, change)
            self.pending.remove(change)

    def take(self, op, number, name, content):
        if op == OP_CREATE:
            self.name_change([], {name: File()})
        elif op == OP_RENAME:
            self.name_change([name], {content: self.names[name]})
        elif op == OP_UNLINK:
            self.name_change([name], {})
        elif op == OP_SYNC and name not in self.names:
            self.sync_folder(name)
        elif op == OP_SYNC:
            self.names[name].sync()
        else:
            self.names[name].pending.append((op, number, content))

    def write(self, folder):
        for change in self.pending:
            if self.chance.random() < 0.5:
                self.rename(self.durable, change)
        for name in self.folders | {os.path.dirname(n) for n in self.durable}:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, file in self.durable.items():
            (folder / name).write_bytes(file.after_cut(self.chance))


def main():
    with tempfile.TemporaryDirectory(prefix="phoihop-crash-", dir=PLACE) as top, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        crash = Crash(top)
        print(f"  one run: {crash.calls} calls that change the disk, {crash.allocs} allocations")
        for kind in FAULTS:
            crash.report(kind, pool.map(lambda at: crash.fault(kind, at),
                                        crash.points(kind, crash.calls)))
        crash.report("no memory", pool.map(lambda at: crash.fault("alloc", at),
                                           crash.points("alloc", crash.allocs)))
        operations = crash.journal()
        count = WHOLE["power"] if ALL else SAMPLE["power"]
        cuts = [1 + i * len(operations) // count for i in range(count)]
        crash.report("power cuts", pool.map(lambda i: crash.power(operations, cuts[i], i),
                                            range(count)))
        for name, lies in CANARIES.items():
            results = pool.map(lambda i: crash.power(operations, cuts[-1 - i], i, lies),
                               range(CANARY_CUTS))
            found = sum(what is not None for _, what in results)
            print(f"  canary, {name}: found {found} times of {CANARY_CUTS}")
            crash.passed += found > 0
            crash.failed += found == 0
        print(f"{crash.passed} passed, {crash.failed} failed")
        return 1 if crash.failed else 0


if __name__ == "__main__":
    sys.exit(main())
