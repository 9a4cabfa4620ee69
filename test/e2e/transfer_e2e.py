#!/usr/bin/env python3
"""Three offices of a province become one, as real processes, whose workers are killed meanwhile:
two of them transfer some records to the third one by one, then leave it everything by a statement.

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


def state(office):
    """Of the office's own statement; empty: none."""
    return number(office, "SELECT coalesce(max(state), '') FROM k_office_succession p"
                  " JOIN head h ON h.record = p.record WHERE h.home = ?",
                  office.founded["office"])


def by_statement(offices):
    """Two offices end; nobody writes a version for it, and the third goes on with all of it."""
    heirs = offices[2]
    records = []
    for office in offices[:2]:
        kept = act(office, "note.write", "title=Chưa ai xem")["record"]
        records.append((office, kept))
        dry = answer("succeed", office.folder, "--to", CODES[2], "--dry-run")["more"]
        assert [(k["kind"], k["narrow"]) for k in dry["kinds"]] == [("note.note", 0)], dry
        assert "vt" in [person["login"] for person in dry["people"]], dry
        assert state(office) == "", "a dry run says nothing"
        answer("succeed", office.folder, "--to", CODES[2])
        kill(office)
    asking = "SELECT count(*) FROM k_office_succession WHERE state = 'proposed'"
    until(lambda: number(heirs, asking) == 2, "both ask")
    refused = refusal("succeed", heirs.folder, "--accept")
    assert refused["reason"] == "office.succeed_which", refused
    for office, code in zip(offices[:2], CODES):
        answer("succeed", heirs.folder, "--accept", "--from", code)
        kill(office)
    kill(heirs)
    for office in offices[:2]:
        until(lambda: state(office) == "final", "the last statement")
        kill(office)
    taken = "SELECT count(*) FROM k_office_inheritance WHERE state = 'final'"
    until(lambda: number(heirs, taken) == 2, "both are inherited")
    kill(heirs)
    for office, record in records:
        until(lambda: homes([office, heirs], record) == [1], "the home")
        assert everywhere([office, heirs], record, 1), "no version was written"
        refused = refusal("act", office.folder, "--as", "vt", "note.write", "title=Nữa")
        assert refused["reason"] == "office.succeeded", refused
        act(heirs, "note.finish", f"record={record}")
    for office in offices[:2]:
        assert number(heirs, "SELECT count(*) FROM head WHERE home = ? AND kind = 'note.note'",
                      office.founded["office"]) == 0


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
        by_statement(offices)
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
