#!/usr/bin/env python3
"""Offices that come to know each other by an invitation, as real processes.

    join_e2e.py [BUILD]     prints figures and "N passed, M failed"; exit 1 when M > 0
"""
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import time

from exchange_e2e import ask, card, number, r1_ms, wire
from processes_e2e import BUILD, Office, answer, free_ports, refusal


def office(top, code):
    return Office(top / code.lower(), free_ports(40), code)


def invite(a, name="Văn phòng mới"):
    return answer("invite", a.folder, "--name", name)["code"]


def an_invited_office_exchanges_in_seconds(top):
    a, b = office(top, "VPA"), office(top, "VPB")
    try:
        began = time.monotonic()
        code = invite(a)
        entered = answer("join", b.folder, code, wire(a), "--address", wire(b))
        assert [row["passed"] for row in entered["conformance"]] == [True] * 4, entered
        there, back = ask(a, [card(b)["office"]]), ask(b, [card(a)["office"]])
        r1_ms(a, there, card(b)["office"])
        r1_ms(b, back, card(a)["office"])
        print(f"  from the invitation to R1 both ways {time.monotonic() - began:.1f} s", flush=True)
        assert entered["public_key"] == card(a)["public_key"] and entered["address"] == wire(a)
        row, = answer("invitations", a.folder)["invitations"]
        assert row["state"] == "used" and row["by"] == "admin" and row["address"] == wire(b)
        assert [row["office"], row["public_key"]] == [card(b)[n] for n in ("office", "public_key")]
        kept = pathlib.Path(a.folder, "office.db").read_bytes()
        kept += pathlib.Path(a.folder, "office.db-wal").read_bytes()
        assert code.replace("-", "")[:16].encode() not in kept  # hashed at rest
        history = answer("directory", a.folder, "VPB")["history"]
        assert "Văn phòng mới" in history[0]["reason"]
        for one in (a, b):
            assert answer("check", one.folder)["equal"]
    finally:
        a.stop()
        b.stop()


def who_cannot_be_reached_joins_too(top):
    a, b = office(top, "VPA"), office(top, "VPB")
    try:
        answer("join", b.folder, invite(a).upper().replace("-", " "), wire(a))
        record = ask(a, [card(b)["office"]])
        r1_ms(a, record, card(b)["office"])
    finally:
        a.stop()
        b.stop()


def a_code_is_good_for_one_office_once(top):
    a, b, c = office(top, "VPA"), office(top, "VPB"), office(top, "VPC")
    try:
        code = invite(a)
        answer("join", b.folder, code, wire(a), "--address", wire(b))
        assert "Mã không có hiệu lực" in refusal("join", c.folder, code, wire(a))["text"]
        assert number(a, "SELECT count(*) FROM k_office_peer") == 1
        # the same office may not have heard the answer: it is told again, and enters it once
        assert refusal("join", b.folder, code, wire(a))["reason"] == "office.peer_known"
        assert number(a, "SELECT count(*) FROM k_office_peer") == 1
    finally:
        for one in (a, b, c):
            one.stop()


def nothing_is_sent_to_who_stands_in_between(top):
    a, b, c = office(top, "VPA"), office(top, "VPB"), office(top, "VPC")
    try:
        invite(c)                                   # its door is open
        told = refusal("join", b.folder, invite(a), wire(c))
        assert told["reason"] == "cert.fingerprint", told
        assert number(c, "SELECT count(*) FROM attempt") == 0
        assert number(c, "SELECT count(*) FROM k_office_peer") == 0
    finally:
        for one in (a, b, c):
            one.stop()


def without_an_invitation_a_stranger_is_a_stranger(top):
    a, b = office(top, "VPA"), office(top, "VPB")
    try:
        b.stop()
        code = invite(a)
        wrong = "aaaa-aaaa-aaaa-aaaa" + code[19:]
        assert refusal("join", b.folder, code, wire(a))["reason"] == "join.stopped"
        a.stop()
        with sqlite3.connect(f"{a.folder}/office.db") as db:    # its days are over
            db.execute("UPDATE invitation SET until_ms = 1")
        db.close()
        a.start()
        b.start()
        assert refusal("join", b.folder, code, wire(a))["reason"] == "join.closed"
        invite(a)                                               # another one: the door is open
        said = [refusal("join", b.folder, wrong, wire(a))["text"] for _ in range(12)]
        assert "Mã không có hiệu lực" in said[0] and "thử lại sau" in said[-1], said
        assert number(a, "SELECT count(*) FROM k_office_peer") == 0
    finally:
        a.stop()
        b.stop()


def main():
    passed = failed = 0
    for test in (an_invited_office_exchanges_in_seconds, who_cannot_be_reached_joins_too,
                 a_code_is_good_for_one_office_once, nothing_is_sent_to_who_stands_in_between,
                 without_an_invitation_a_stranger_is_a_stranger):
        top = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-join-"))
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
