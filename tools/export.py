#!/usr/bin/env python3
"""Writes the signed objects of an office on SQLite, one JSON line each, for tools/verify.py.

    export.py DIR/office.db > FILE        reads only; the office may be running

Together with verify.py nothing of the program itself is needed to prove what it holds.
"""
import base64
import hashlib
import json
import sqlite3
import sys

VERSIONS = """SELECT v.bytes, v.hash, v.sig, v.home, v.key, v.record, v.n, v.kind
  FROM version v ORDER BY v.record, v.n"""
RECEIPTS = "SELECT r.bytes, r.hash, r.sig, r.office, r.key FROM receipt r ORDER BY r.hash"
KEYS = "SELECT office, public_key FROM office_key"
PERSONAL = "SELECT path, salt, value FROM personal WHERE record = ? AND n = ?"


def line(purpose, data, digest, signature, public_key, personal):
    return json.dumps({
        "purpose": purpose, "bytes": base64.b64encode(data).decode(), "hash": digest,
        "sig": base64.b64encode(signature).decode(), "public_key": public_key,
        "personal": [{"path": path, "salt": salt.hex(), "value": value}
                     for path, salt, value in personal]}, ensure_ascii=False)


def changes(data):
    """The change of a key that a version of an office carries, as both keys signed it."""
    frame = bytes.fromhex(json.loads(data)["body"].get("statement", ""))
    if not frame:
        return
    size = int.from_bytes(frame[9:13], "big")
    statement = frame[13:13 + size]
    digest = hashlib.sha256(statement).hexdigest()
    for at, name in ((13 + size, "old"), (77 + size, "new")):
        if any(frame[at:at + 64]):
            yield line("phoihop-key-v1", statement, digest, frame[at:at + 64],
                       json.loads(statement)[name], [])


def objects(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with db:  # one snapshot
        keys = {(office, hashlib.sha256(bytes.fromhex(key)).hexdigest()[:16]): key
                for office, key in db.execute(KEYS)}
        for data, digest, signature, home, key, record, n, kind in db.execute(VERSIONS):
            personal = db.execute(PERSONAL, (record, n)).fetchall()
            yield line("phoihop-version-v1", data, digest, signature, keys[home, key], personal)
            if kind in ("office.office", "office.peer"):
                yield from changes(data)
        for data, digest, signature, office, key in db.execute(RECEIPTS):
            yield line("phoihop-receipt-v1", data, digest, signature, keys[office, key], [])
    db.close()


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    for text in objects(arguments[0]):
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
