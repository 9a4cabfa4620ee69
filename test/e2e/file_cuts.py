#!/usr/bin/env python3
"""One large file from one office to another over a connection that is cut again and again, and with
the receiver's worker killed in between. At most one chunk comes again for each cut, and neither
side grows by more than 32 MB.

    file_cuts.py BUILD [--mib 256] [--cuts 20] [--kills 4] [--dir FOLDER]
    prints figures, then "N passed, M failed"; exit 1 when M > 0
"""
import argparse
import json
import os
import pathlib
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from processes_e2e import PROGRAM, answer, free_ports, parts

MIB = 1024 * 1024
WAIT_S = 3600
TURN_S = 0.05
GROWTH_MB = 32
PIECE_BYTES = 256 * 1024
PROBE_MIB = 24  # a file without cuts: what a chunk costs on the wire


class Cutter:
    """Forwards connections to a port and counts what comes back; cuts them in the middle of a chunk
    when as many bytes have come as the plan says."""

    def __init__(self, port, to_port):
        self.to_port = to_port
        self.down_bytes = self.connections = 0
        self.plan = []
        self.lock = threading.Lock()
        self.cut = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near = self.listener.accept()[0]
            try:
                far = socket.create_connection(("127.0.0.1", self.to_port))
            except OSError:
                near.close()
                continue
            self.connections += 1
            threading.Thread(target=self.forward, args=(near, far), daemon=True).start()

    def due(self, count):
        """Counts; says whether the connection is to be cut now."""
        with self.lock:
            self.down_bytes += count
            if self.plan and self.down_bytes >= self.plan[0]:
                self.plan.pop(0)
                return True
            return False

    def forward(self, near, far):
        buffer = memoryview(bytearray(PIECE_BYTES))
        other = {near: far, far: near}
        try:
            while True:
                for end in select.select([near, far], [], [])[0]:
                    count = end.recv_into(buffer)
                    if count == 0 or (end is far and self.due(count)):
                        return
                    other[end].sendall(buffer[:count])
        except OSError:
            pass
        finally:
            near.close()
            far.close()


class Office:
    def __init__(self, folder, code, port):
        self.folder, self.code, self.port = str(folder), code, port
        answer("init", self.folder, "--office", code, "--name", f"Văn phòng {code}", "--port",
               str(port), "--wire-port", str(port + 10), "--wire-address", "127.0.0.1")
        answer("user", "add", self.folder, "--login", "cv", "--title", "Chuyên viên", "--roles",
               "officer", "--password", "mat-khau-thu")
        self.id = answer("card", self.folder)["office"]
        self.base = self.most = 0

    def start(self):
        ready, told = os.pipe()
        held, self.leash = os.pipe()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", self.folder, "--ready-fd", str(told), "--leash-fd", str(held)],
            pass_fds=(told, held), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        os.close(held)
        assert select.select([ready], [], [], 60)[0] and json.loads(os.read(ready, 4096))["ready"]
        os.close(ready)

    def knows(self, other, port):
        card = pathlib.Path(self.folder).parent / f"{other.code}.card"
        card.write_text(json.dumps(answer("card", other.folder)))
        answer("peer", "add", self.folder, "--card", str(card), "--address", f"127.0.0.1:{port}")

    def rows(self, sql):
        db = sqlite3.connect(f"file:{self.folder}/office.db?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def memory(self):
        """All its processes together, in MB."""
        total = 0
        for pid in parts(self.process.pid).values():
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue  # just killed
            total += next((int(line.split()[1]) for line in status.splitlines()
                           if line.startswith("VmRSS")), 0)
        return total / 1024

    def watch(self):
        self.most = max(self.most, self.memory())

    def kill(self):
        os.kill(parts(self.process.pid)["worker"], signal.SIGKILL)

    def stop(self):
        os.close(self.leash)
        self.process.wait(60)


def file_make(path, mib):
    """Chunks that differ, without asking the machine for that much chance."""
    block = bytearray(os.urandom(MIB))
    with open(path, "wb") as out:
        for i in range(mib):
            block[:8] = i.to_bytes(8, "big")
            out.write(block)
        out.write(b"the last chunk is short")


def send(sender, receiver, path):
    done = subprocess.run(
        [PROGRAM, "act", sender.folder, "--as", "cv", "consultation.ask", f"subject={path.name}",
         "days=5", f"asked={receiver.code}", f"files=@{path}"], capture_output=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stderr


def arrive(offices, receiver, count, kills=()):
    """Waits for so many files; kills the receiver's worker when one of the questions says so."""
    kills = list(kills)
    end = time.monotonic() + WAIT_S
    pause = threading.Event()
    while receiver.rows("SELECT count(*) FROM wanted WHERE state = 2")[0][0] < count:
        assert time.monotonic() < end, "the file did not come"
        for office in offices:
            office.watch()
        if kills and kills[0]():
            kills.pop(0)
            receiver.kill()
        pause.wait(TURN_S)


def run(args, top):
    checks = []
    port = free_ports(40)
    a, b = Office(top / "a", "VPQH", port), Office(top / "b", "VPCP", port + 1)
    cutter = Cutter(port + 20, port + 10)
    a.knows(b, port + 11)
    b.knows(a, port + 20)
    for office in (a, b):
        office.start()
    try:
        probe, large = top / "probe.bin", top / "large.bin"
        file_make(probe, PROBE_MIB)
        send(a, b, probe)
        arrive((a, b), b, 1)
        chunk_bytes = cutter.down_bytes / PROBE_MIB
        before = cutter.down_bytes
        for office in (a, b):
            office.base = office.most = office.memory()
        file_make(large, args.mib)
        whole = args.mib * chunk_bytes
        breaks = args.cuts + args.kills
        at = [before + whole * (i + 0.5) / breaks for i in range(breaks)]
        killed = set(range(2, breaks, max(1, breaks // max(1, args.kills))))
        killed = set(sorted(killed)[:args.kills])
        cutter.plan = [t for i, t in enumerate(at) if i not in killed]
        started = time.monotonic()
        send(a, b, large)
        stored = time.monotonic()
        arrive((a, b), b, 2, [lambda t=at[i]: cutter.down_bytes >= t for i in sorted(killed)])
        taken = time.monotonic() - stored
        again = (cutter.down_bytes - before - whole) / chunk_bytes
        print(f"{args.mib} MiB, {args.cuts} cuts, {args.kills} times killed: stored in"
              f" {stored - started:.1f} s, came in {taken:.1f} s ({args.mib / taken:.0f} MiB/s with"
              f" the cuts); {again:.1f} chunks came again")
        for office in (a, b):
            print(f"{office.code}: {office.base:.1f} MB before, {office.most:.1f} MB at most,"
                  f" grew by {office.most - office.base:.1f} MB")
            checks.append((office.most - office.base <= GROWTH_MB, f"{office.code} stays small"))
        checks.append((not cutter.plan, "every cut happened"))
        checks.append((again <= breaks + 1, "at most one chunk comes again for each cut"))
        root = b.rows(f"SELECT root FROM wanted WHERE size > {PROBE_MIB * MIB + 100}")[0][0]
        copy = top / "b" / "blobs" / root[:2] / root
        same = subprocess.run(["cmp", str(copy), str(large)]).returncode == 0
        checks.append((same, "the file is the one that was sent"))
        checks.append((not os.listdir(top / "b" / "parts"), "nothing is left over"))
        alarms = b.rows("SELECT reason FROM alarm") + a.rows("SELECT reason FROM alarm")
        checks.append((not alarms, f"no alarm: {alarms}"))
    finally:
        for office in (a, b):
            office.stop()
    return checks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")  # processes_e2e takes it too
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--dir")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phoihop-files-", dir=args.dir) as name:
        top = pathlib.Path(name)
        top.chmod(0o755)  # the offices' user must reach it
        checks = run(args, top)
    for good, what in checks:
        if not good:
            print(f"  FAILED: {what}")
    failed = sum(not good for good, _ in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
