#!/usr/bin/env python3
"""Writes the signed objects of an office on SQLite, one JSON line each, for tools/verify.py.

    export.py DIR/office.db > FILE        reads only; the office may be running

Together with verify.py nothing of the program itself is needed to prove what it holds.
"""
import base64
import json
import sqlite3
import sys

VERSIONS = """SELECT v.bytes, v.hash, v.sig, coalesce(p.public_key, o.public_key), v.record, v.n
  FROM version v LEFT JOIN k_office_peer p ON p.office = v.home JOIN k_office_office o
 ORDER BY v.record, v.n"""
RECEIPTS = """SELECT r.bytes, r.hash, r.sig, coalesce(p.public_key, o.public_key)
  FROM receipt r LEFT JOIN k_office_peer p ON p.office = r.office JOIN k_office_office o
 ORDER BY r.hash"""
PERSONAL = "SELECT path, salt, value FROM personal WHERE record = ? AND n = ?"


def line(purpose, data, digest, signature, public_key, personal):
    return json.dumps({
        "purpose": purpose, "bytes": base64.b64encode(data).decode(), "hash": digest,
        "sig": base64.b64encode(signature).decode(), "public_key": public_key,
        "personal": [{"path": path, "salt": salt.hex(), "value": value}
                     for path, salt, value in personal]}, ensure_ascii=False)


def objects(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with db:  # one snapshot
        for data, digest, signature, key, record, n in db.execute(VERSIONS):
            personal = db.execute(PERSONAL, (record, n)).fetchall()
            yield line("phoihop-version-v1", data, digest, signature, key, personal)
        for data, digest, signature, key in db.execute(RECEIPTS):
            yield line("phoihop-receipt-v1", data, digest, signature, key, [])
    db.close()


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    for text in objects(arguments[0]):
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
