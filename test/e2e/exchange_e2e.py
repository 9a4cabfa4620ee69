#!/usr/bin/env python3
"""Offices that exchange as real processes: one that nobody can reach, and many that say nothing.

    exchange_e2e.py [BUILD]     prints figures and "N passed, M failed"; exit 1 when M > 0
"""
import json
import pathlib
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading

from processes_e2e import Office, answer, free_ports, until

SILENT = 70      # more than are asked at one time (LIMIT_WIRE_ACTIVE)
ROUNDS = 12
WIRE_AFTER = 10  # the exchange door behind the web port, as init puts it
SAME_CLASS = 3   # times the latency of an office that can be reached, and a little
LITTLE_MS = 100
AT_ONCE_MS = 3000
FILE_BYTES = 2500000


class Silence:
    """A door that opens and says nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.held = []
        threading.Thread(target=self.hold, daemon=True).start()

    def hold(self):
        while True:
            try:
                self.held.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self):
        self.listener.close()
        for s in self.held:
            s.close()


def know(office, card, top, address=None):
    """Enters a card into the office's directory."""
    path = top / f"{secrets.token_hex(4)}.card"
    path.write_text(json.dumps(card))
    answer("peer", "add", office.folder, "--card", str(path),
           *(("--address", address) if address else ()))


def card(office):
    return answer("card", office.folder)


def wire(office):
    return f"127.0.0.1:{office.port + WIRE_AFTER}"


def ask(office, asked, *more):
    """A request for opinion; returns its record."""
    rows = json.dumps([{"office": one} for one in asked])
    words = ("subject=Dự thảo", "summary=Xin ý kiến", "days=5", "urgency=normal")
    done = answer("act", office.folder, "--as", "cv", "consultation.ask", *words,
                  f"asked:={rows}", *more)
    return done["record"]


def number(office, sql, *args):
    with sqlite3.connect(f"file:{office.folder}/office.db?mode=ro", uri=True) as db:
        found = db.execute(sql, args).fetchone()[0]
    db.close()
    return found


def r1_ms(office, record, peer):
    """How long the peer took to hold it durably and to say so."""
    sql = ("SELECT max(acked_ms - created_ms) FROM outbox WHERE record = ? AND peer = ?"
           " AND acked_ms IS NOT NULL")
    took = until(lambda: [n for n in [number(office, sql, record, peer)] if n is not None],
                 "an acknowledgement")
    return took[0]


def middle(values):
    return sorted(values)[len(values) // 2]


def latency(office, peer):
    """The middle of some rounds, each alone, after one that opens the connection."""
    took = [r1_ms(office, ask(office, [peer]), peer) for _ in range(ROUNDS + 1)]
    return middle(took[1:])


def who_cannot_be_reached_exchanges_as_fast(top):
    near = Office(top / "near", free_ports(60), "VPA")
    far = Office(top / "far", free_ports(60), "VPB")   # in nobody's directory with an address
    open_one = Office(top / "open", free_ports(60), "VPC")
    try:
        know(near, card(far), top)
        know(far, card(near), top, wire(near))
        know(near, card(open_one), top, wire(open_one))
        know(open_one, card(near), top, wire(near))
        a, b, c = (card(o)["office"] for o in (near, far, open_one))
        pushed, pulled, sent = latency(near, c), latency(near, b), latency(far, a)
        print(f"  R1 to an office with an address {pushed} ms, to one without {pulled} ms, "
              f"from it {sent} ms", flush=True)
        assert pulled <= SAME_CLASS * pushed + LITTLE_MS
        assert sent <= SAME_CLASS * pushed + LITTLE_MS
        paper = top / "paper.bin"
        paper.write_bytes(secrets.token_bytes(FILE_BYTES))
        record = ask(far, [a], f"files=@{paper}")
        until(lambda: number(near, "SELECT count(*) FROM wanted WHERE record = ? AND state = 2",
                             record) == 1, "a file of the office that nobody can reach")
        assert number(near, "SELECT count(*) FROM alarm") == 0
        for office in (near, far):
            assert answer("check", office.folder)["equal"]
    finally:
        for office in (near, far, open_one):
            office.stop()


def who_says_nothing_holds_up_nobody(top):
    silence = Silence()
    near = Office(top / "busy", free_ports(60), "VPA")
    good = Office(top / "good", free_ports(60), "VPB")
    try:
        know(near, card(good), top, wire(good))
        know(good, card(near), top, wire(near))
        b = card(good)["office"]
        alone = latency(near, b)
        silent = []
        for i in range(SILENT):
            office = "".join(secrets.choice("abcdefghijklmnop") for _ in range(26))
            know(near, {"office": office, "code": f"IM{i}", "name": "Im lặng",
                        "public_key": secrets.token_hex(32)}, top, f"127.0.0.1:{silence.port}")
            silent.append(office)
        for first in range(0, SILENT, 14):
            ask(near, silent[first:first + 14])
        among = [r1_ms(near, ask(near, [b]), b) for _ in range(ROUNDS)]
        print(f"  R1 alone {alone} ms, among {SILENT} that say nothing {middle(among)} ms, "
              f"at most {max(among)} ms; {len(silence.held)} connections wait", flush=True)
        assert len(silence.held) > 0
        assert max(among) <= AT_ONCE_MS and middle(among) <= SAME_CLASS * alone + LITTLE_MS
    finally:
        near.stop()
        good.stop()
        silence.close()


TESTS = [who_cannot_be_reached_exchanges_as_fast, who_says_nothing_holds_up_nobody]


def main():
    passed = failed = 0
    top = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-exchange-"))
    top.chmod(0o755)  # the office's user must reach it
    try:
        for test in TESTS:
            try:
                test(top)
                passed += 1
                print(f"  {test.__name__}", flush=True)
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"test/e2e/exchange_e2e.py: {test.__name__}: {e!r}", flush=True)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
