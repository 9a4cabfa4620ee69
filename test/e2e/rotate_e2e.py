#!/usr/bin/env python3
"""Two offices as real processes, one of which changes its key.

    rotate_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from exchange_e2e import ask, card, know, number, r1_ms, wire
from processes_e2e import BUILD, PROGRAM, Office, answer, free_ports, refusal, until

TOOLS = pathlib.Path(__file__).resolve().parent.parent.parent / "tools"


def pair(top, name):
    """Office a can be reached by b and the other way round."""
    first = free_ports(80)
    a, b = Office(top / f"{name}a", first, "VPA"), Office(top / f"{name}b", first + 40, "VPB")
    know(a, card(b), top, wire(b))
    know(b, card(a), top, wire(a))
    return a, b


def stop(*offices):
    """Those that still run."""
    for office in offices:
        if office is not None and office.process.poll() is None:
            office.stop()


def rotate(office, *words):
    office.stop()
    changed = answer("key", *words[:1], office.folder, *words[1:])
    office.start()
    return changed


def counts(office):
    return number(office, "SELECT count(*) FROM k_consultation_request")


def records_flow_over_a_change_of_the_key(top):
    a, b = pair(top, "flow")
    try:
        before, ids = card(a), (card(a)["office"], card(b)["office"])
        token = answer("token", "add", a.folder, "--login", "cv", "--label", "thử")["token"]
        old = ask(a, [ids[1]])
        r1_ms(a, old, ids[1])
        b.stop()
        waiting = ask(a, [ids[1]])          # signed with the first key, waits for b
        for _ in range(2):                  # b misses two changes
            changed = rotate(a, "rotate")
        assert refusal("key", "rotate", a.folder)["reason"] == "key.running"
        now = card(a)
        assert now["public_key"] == changed["public_key"] != before["public_key"]
        assert now["office"] == before["office"]
        b.start()
        fresh, back = ask(a, [ids[1]]), ask(b, [ids[0]])
        for record in (waiting, fresh):
            r1_ms(a, record, ids[1])
        r1_ms(b, back, ids[0])
        assert counts(b) == 4 and number(b, "SELECT count(*) FROM quarantine") == 0
        until(lambda: number(b, "SELECT key_place FROM feed_in") == 3, "the change in the feed")
        for office in (a, b):
            assert answer("check", office.folder)["equal"]
        history = answer("directory", b.folder, "VPA")["history"]
        assert [row["public_key"] for row in history][::2] == [now["public_key"],
                                                               before["public_key"]]
        asked = urllib.request.Request(f"http://127.0.0.1:{a.port}/api/acts",
                                       headers={"Authorization": f"Bearer {token}"})
        assert urllib.request.urlopen(asked).status == 200  # passes outlive the key
        evidence(top, a, [old, fresh], before, now, card(b))
        others_agree(top, a, b)
    finally:
        stop(a, b)


def evidence(top, office, records, before, now, other):
    """Both keys' objects are proven by the card from before and by the one of today."""
    path = top / "flow.asice"
    with path.open("wb") as out:
        subprocess.run([PROGRAM, "evidence", office.folder, *records], stdout=out, check=True)
    for mine in (before, now):
        cards = top / "cards.json"
        cards.write_text(json.dumps([mine, other]))
        report = answer("verify", str(path), "--keys", str(cards))
        assert report["holds"], report["findings"]


def others_agree(top, *offices):
    for office in offices:
        objects = top / "objects.jsonl"
        with objects.open("w") as out:
            subprocess.run([sys.executable, TOOLS / "export.py", f"{office.folder}/office.db"],
                           stdout=out, check=True)
        subprocess.run([sys.executable, TOOLS / "verify.py", objects], check=True,
                       stdout=subprocess.DEVNULL)


def a_thief_of_the_old_key_is_refused(top):
    a, b = pair(top, "thief")
    thief = None
    try:
        peer = card(b)["office"]
        r1_ms(a, ask(a, [peer]), peer)
        a.stop()
        shutil.copytree(a.folder, top / "stolen")
        a.start()
        assert rotate(a, "revoke")["revoked"]["size"] > 0
        r1_ms(a, ask(a, [peer]), peer)
        held = counts(b)
        thief = object.__new__(Office)      # the stolen folder, under the address of the office
        thief.folder, thief.port = str(top / "stolen"), a.port
        (top / "stolen" / "keys" / "next.key").unlink()
        a.stop()
        subprocess.run(["chown", "-R", f"--reference={a.folder}", thief.folder], check=True)
        thief.start()
        ask(thief, [peer])
        until(lambda: number(thief, "SELECT count(*) FROM feed_out WHERE down <> ''") == 1,
              "a refusal of the thief")
        assert number(thief, "SELECT count(*) FROM outbox WHERE acked_ms IS NULL") > 0
        thief.stop()
        a.start()
        r1_ms(a, ask(a, [peer]), peer)
        assert counts(b) == held + 1
        for office in (a, b):
            assert answer("check", office.folder)["equal"]
    finally:
        stop(a, b, thief)


def what_was_broken_off_is_ended_at_the_start(top):
    a, b = pair(top, "broken")
    try:
        peer = card(b)["office"]
        keys = pathlib.Path(a.folder) / "keys"
        a.stop()
        old = (keys / "office.key").read_bytes()
        answer("key", "rotate", a.folder)
        (keys / "office.key").rename(keys / "office.key.new")  # as if killed before the rename
        (keys / "office.key").write_bytes(old)
        a.start()
        r1_ms(a, ask(a, [peer]), peer)
        a.stop()
        (keys / "office.key.new").write_bytes(old[:40])        # as if killed while writing
        a.start()
        r1_ms(a, ask(a, [peer]), peer)
        assert not (keys / "office.key.new").exists()
        a.stop()
        (keys / "next.key").write_text("00" * 32 + "\n")
        assert refusal("key", "rotate", a.folder)["reason"] == "key.promised"
        assert answer("check", a.folder)["equal"]
    finally:
        stop(a, b)


def a_lost_key_is_followed_by_the_promised_one(top):
    a, b = pair(top, "lost")
    try:
        peer = card(b)["office"]
        before = ask(a, [peer])
        r1_ms(a, before, peer)
        a.stop()
        assert refusal("key", "rotate", a.folder, "--lost")["reason"] == "key.not_lost"
        keys = pathlib.Path(a.folder) / "keys"
        (keys / "office.key").unlink()
        assert refusal("key", "rotate", a.folder)["reason"] == "key.missing"
        (keys / "next.key").rename(top / "next.key")
        assert refusal("key", "rotate", a.folder, "--lost")["reason"] == "key.no_seed"
        (top / "next.key").rename(keys / "next.key")
        changed = answer("key", "rotate", a.folder, "--lost")
        a.start()
        assert card(a)["public_key"] == changed["public_key"]
        after = ask(a, [peer])
        r1_ms(a, after, peer)               # b follows without anybody's help
        assert number(b, "SELECT count(*) FROM quarantine") == 0
        for office in (a, b):
            assert answer("check", office.folder)["equal"]
        others_agree(top, a, b)
    finally:
        stop(a, b)


def an_old_backup_comes_back_to_the_present_key(top):
    a, b = pair(top, "backup")
    try:
        peer = card(b)["office"]
        kept = ask(a, [peer])
        r1_ms(a, kept, peer)
        top.chmod(0o755)
        (top / "copies").mkdir()
        (top / "copies").chmod(0o777)
        answer("backup", a.folder, str(top / "copies"))
        changed = rotate(a, "rotate")
        lost = ask(a, [peer])
        r1_ms(a, lost, peer)
        a.stop()
        shutil.rmtree(a.folder)
        answer("restore", str(top / "copies"), a.folder)
        again = answer("key", "rotate", a.folder)
        assert again["public_key"] == changed["public_key"]
        assert again["next_key"] == changed["next_key"]
        a.start()
        until(lambda: answer("exchange", a.folder)["closed"] == "", "all that was lost")
        assert number(a, "SELECT count(*) FROM version WHERE record = ?", lost) == 1
        r1_ms(a, ask(a, [peer]), peer)
        for office in (a, b):
            assert answer("check", office.folder)["equal"]
    finally:
        stop(a, b)


def main():
    passed = failed = 0
    for test in (records_flow_over_a_change_of_the_key, a_thief_of_the_old_key_is_refused,
                 what_was_broken_off_is_ended_at_the_start,
                 a_lost_key_is_followed_by_the_promised_one,
                 an_old_backup_comes_back_to_the_present_key):
        top = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-rotate-"))
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
