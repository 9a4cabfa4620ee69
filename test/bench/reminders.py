#!/usr/bin/env python3
"""100,000 reminders that fall due in one minute: how long until each is told and has left.

    reminders.py BUILD [--count N] [--people N] [--letters]

Rows are written into a stopped office, then it is started: every obligation is three working days
late at that moment. Told: the notice stands on the person's page. Left: nothing waits for its turn
any more. With --letters every one is most urgent, so that each leaves as a letter of its own, to a
server of the bench's own that takes everything; without it the day's limit holds.
"""
import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from mail_e2e import Mail, Office  # noqa: E402
from processes_e2e import answer, free_ports  # noqa: E402

DAY_MS = 24 * 3600 * 1000
PATIENCE_S = 600
# every ladder has gone past the step; no single letter waits (the bulletin waits for the morning)
TOLD = "SELECT count(*) FROM reminder WHERE step > 3"
WAITING = "SELECT count(*) FROM post WHERE sent_ms = 0 AND bulletin = 0"


def rows(office, count, people, urgent):
    """Persons and obligations as their records would have projected them."""
    db = sqlite3.connect(office.folder / "office.db")
    own = answer("card", str(office.folder))["office"]
    now_ms = int(time.time() * 1000)
    due_day = now_ms // DAY_MS - 5
    persons = [f"{own}.{i:026d}" for i in range(people)]
    db.executemany("INSERT INTO k_office_person (record, login, title, email, officer)"
                   " VALUES (?, ?, ?, ?, 1)",
                   [(p, f"p{i}", f"Chuyên viên {i}", f"p{i}@office.example")
                    for i, p in enumerate(persons)])
    db.executemany(
        "INSERT INTO obligation (about, what, okey, by_record, by_n, owner, creditor, opened_ms,"
        " first_due_ms, due_day, due_ms, why, title, urgent) VALUES"
        " (?, 'consultation.draft', '', ?, 1, ?, ?, ?, ?, ?, ?, '', 'Dự thảo quy chế', ?)",
        [(f"{own}.{i + 10 ** 9:026d}",) * 2 + (f"p:{persons[i % people]}", f"o:{own}",
                                               now_ms - 30 * DAY_MS, due_day * DAY_MS, due_day,
                                               due_day * DAY_MS, urgent)
         for i in range(count)])
    db.commit()
    db.close()


def count_of(office, sql):
    db = sqlite3.connect(f"file:{office.folder}/office.db?mode=ro", uri=True, timeout=30)
    try:
        return db.execute(sql).fetchone()[0]
    finally:
        db.close()


def until(question):
    started, pause = time.monotonic(), threading.Event()
    while not question():
        assert time.monotonic() < started + PATIENCE_S, "out of patience"
        pause.wait(0.2)


def main():
    read = argparse.ArgumentParser()
    read.add_argument("build")
    read.add_argument("--count", type=int, default=100_000)
    read.add_argument("--people", type=int, default=2_000)
    read.add_argument("--letters", action="store_true")
    args = read.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-reminders-"))
    root.chmod(0o755)
    first = free_ports(20)
    mail = Mail(first + 1)
    mail.open()
    office = Office(root / "vpcp", "VPCP", first)
    try:
        with (office.folder / "office.ini").open("a") as out:
            out.write(f"\n[mail]\nserver = 127.0.0.1:{first + 1}\ntls = none\n"
                      "from = phoihop@office.example\n")
        owner = office.folder.stat()
        rows(office, args.count, args.people, 3 if args.letters else 0)
        for path in office.folder.glob("office.db*"):
            os.chown(path, owner.st_uid, owner.st_gid)
        started = time.monotonic()
        office.start()
        until(lambda: count_of(office, TOLD) == args.count)
        told_s = time.monotonic() - started
        until(lambda: count_of(office, WAITING) == 0)
        left_s = time.monotonic() - started
        keys = {data.split(b"Message-ID:")[1].split(b">")[0] for _, data, _ in mail.letters}
        print(json.dumps({"reminders": args.count, "people": args.people,
                          "told_s": round(told_s, 1), "left_s": round(left_s, 1),
                          "letters": len(mail.letters), "different": len(keys)}))
    finally:
        office.stop()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
