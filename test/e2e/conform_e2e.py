#!/usr/bin/env python3
"""The conformance kit: this program's own server passes every story; servers that are broken on
purpose fail the stories that are about it.

    conform_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0
"""
import json
import pathlib
import shutil
import sqlite3
import sys
import tempfile

from exchange_e2e import card, know, wire
from processes_e2e import BUILD, Office, answer, command, free_ports

# what is broken in the office's own database, and the stories that must name it
BROKEN = (
    # a repeat is acknowledged anew
    (("CREATE TRIGGER broken AFTER UPDATE ON feed_in WHEN length(NEW.ack) > 0"
      " BEGIN UPDATE feed_in SET ack = x'' WHERE peer = NEW.peer; END",
      "CREATE TRIGGER broken_new AFTER INSERT ON feed_in"
      " BEGIN UPDATE feed_in SET ack = x'' WHERE peer = NEW.peer; END"), {"C-019"}),
    # refusals are kept and not sent
    (("CREATE TRIGGER broken BEFORE INSERT ON outbox WHEN NEW.object_kind = 2"
      " BEGIN SELECT raise(IGNORE); END",), {"C-024", "C-025", "C-026"}),
    # what was set aside is forgotten
    (("CREATE TRIGGER broken BEFORE INSERT ON quarantine BEGIN SELECT raise(IGNORE); END",),
     {"C-028"}),
)


def report(*words):
    done = command("conformance", "--json", *words)
    told = json.loads(done.stdout)
    failed = {row["story"] for row in told["stories"] if not row["passed"]}
    assert (done.returncode == 0) == (not failed) and len(failed) == told["failed"]
    return told, failed


def the_own_server_passes_every_story(_):
    told, failed = report()
    assert not failed, [row for row in told["stories"] if not row["passed"]]
    numbers = [row["story"] for row in told["stories"]]
    assert numbers == [f"C-{i + 1:03}" for i in range(len(numbers))] and len(numbers) == 30
    page = (BUILD.parent / "docs" / "conformance.md").read_text()
    for row in told["stories"]:
        assert f"| {row['story']} | {row['section']} |" in page, row["story"]


def subject(top, name):
    """Another vendor's server, as its administrator sets it up: the kit's three cards entered."""
    office = Office(top / name, free_ports(40), "VPX")
    cards = command("conformance", "--dir", str(top / "kit"), "--cards").stdout.splitlines()
    for one in cards:
        entered = json.loads(one)
        know(office, entered, top, "127.0.0.1:9" if entered["code"] == "down" else None)
    (top / "subject.card").write_text(json.dumps(card(office)))
    return office


def asked(top, office):
    return report("--dir", str(top / "kit"), "--card", str(top / "subject.card"),
                  "--address", wire(office))


def another_server_is_asked_by_its_address(top):
    office = subject(top, "good")
    try:
        told, failed = asked(top, office)
        assert not failed, [row for row in told["stories"] if not row["passed"]]
        assert answer("check", office.folder)["equal"]
    finally:
        office.stop()
    _, failed = asked(top, office)              # nobody answers there any more
    assert {"C-001", "C-010", "C-018", "C-030"} <= failed


def what_is_broken_is_named(top):
    for i, (statements, stories) in enumerate(BROKEN):
        (top / str(i)).mkdir()
        office = subject(top / str(i), "broken")
        office.stop()
        with sqlite3.connect(f"{office.folder}/office.db") as db:
            for one in statements:
                db.execute(one)
        db.close()
        office.start()
        try:
            told, failed = asked(top / str(i), office)
            assert failed == stories, [row for row in told["stories"] if not row["passed"]]
        finally:
            office.stop()


def main():
    passed = failed = 0
    for test in (the_own_server_passes_every_story, another_server_is_asked_by_its_address,
                 what_is_broken_is_named):
        top = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-conform-"))
        try:
            test(top)
            passed += 1
        except Exception as e:  # noqa: BLE001: told, and the next one runs
            failed += 1
            print(f"{test.__name__}: {type(e).__name__}: {e}", flush=True)
        finally:
            shutil.rmtree(top, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    assert BUILD.exists()
    main()
