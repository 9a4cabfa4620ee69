#!/usr/bin/env python3
"""Three offices of a province become one: two of them transfer their records to the third, as real
processes, whose workers are killed meanwhile.

    transfer_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from exchange_e2e import card, know, number, wire
from processes_e2e import Office, answer, free_ports, refusal, until

RECORDS = 4
CODES = ("VPTU", "VPHDND", "VPUBND")


def act(office, name, *words):
    return answer("act", office.folder, "--as", "vt", name, *words)


def kill(office):
    os.kill(office.part("worker"), signal.SIGKILL)


def everywhere(offices, record, n):
    """Whether each office holds the version n of the record as its newest."""
    return all(number(o, "SELECT coalesce(max(n), 0) FROM head WHERE record = ?", record) == n
               for o in offices)


def homes(offices, record):
    """Who thinks it is the record's home."""
    return [i for i, o in enumerate(offices)
            if number(o, "SELECT count(*) FROM head WHERE record = ? AND home = ?", record,
                      o.founded["office"]) == 1]


def three_offices_become_one(top):
    offices = [Office(top / code, free_ports(60), code) for code in CODES]
    heirs = offices[2]
    try:
        for office in offices:
            answer("user", "add", office.folder, "--login", "vt", "--title", "Văn thư", "--roles",
                   "registry", "--password", "mat-khau-thu")
            for other in offices:
                if other is not office:
                    know(office, card(other), top, wire(other))
        to = f"office={heirs.founded['office']}"
        records = []
        for office in offices[:2]:
            for i in range(RECORDS):
                made = act(office, "note.write", f"title=Hồ sơ {i}")
                act(office, "record.give_home", f"record={made['record']}", to)
                records.append(made["record"])
            kill(office)
        giver = offices[0]
        refused = refusal("act", giver.folder, "--as", "vt", "note.finish",
                          f"record={records[0]}")
        assert refused["reason"] == "grant.home", refused
        for i, record in enumerate(records):
            until(lambda: number(heirs, "SELECT count(*) FROM head WHERE record = ? AND moving = 1",
                                 record) == 1, "what was given")
            today = answer("view", heirs.folder, "--as", "vt", "today.today")
            hrefs = [row["href"] for row in today["data"]["asks"]]
            assert any(record in href for href in hrefs), "Hôm nay asks for it"
            if i == len(records) - 1:
                act(heirs, "record.decline_home", f"record={record}",
                    "reason=Không thuộc thẩm quyền")
            else:
                act(heirs, "record.take_home", f"record={record}")
                act(heirs, "note.finish", f"record={record}")
            if i % 3 == 0:
                kill(heirs)
        last = records.pop()
        for i, record in enumerate(records):
            pair = [offices[i // RECORDS], heirs]
            until(lambda: everywhere(pair, record, 4), "what was taken")
            assert homes(pair, record) == [1]
        until(lambda: everywhere([offices[1], heirs], last, 3), "what was declined")
        assert homes([offices[1], heirs], last) == [0]
        until(lambda: number(offices[1], "SELECT count(*) FROM receipt WHERE type = 2") == 1,
              "the reason")
        act(offices[1], "note.finish", f"record={last}")
        for office in offices:
            assert number(office, "SELECT count(*) FROM quarantine") == 0
            assert answer("check", office.folder)["equal"]
    finally:
        for office in offices:
            office.stop()


def main():
    top = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-transfer-"))
    top.chmod(0o755)  # the office's user must reach it
    failed = 0
    try:
        three_offices_become_one(top)
        print(f"  three_offices_become_one: {2 * RECORDS} records", flush=True)
    except (AssertionError, OSError, KeyError, subprocess.SubprocessError) as e:
        failed = 1
        print(f"test/e2e/transfer_e2e.py: {e!r}", flush=True)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print(f"{1 - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
