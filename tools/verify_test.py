#!/usr/bin/env python3
"""The verifier accepts the frozen objects and refuses every change of them.

A verifier that cannot fail is worth nothing, so most of this file forges: with every byte changed,
and with objects that are signed properly and still must not pass.
"""
import base64
import copy
import hashlib
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verify import Verifier, Wrong

GOLDEN = ("test/golden/versions.jsonl", "test/golden/feed.jsonl")
OFFICE, OTHER = "a" * 26, "b" * 26
SECRET = {OFFICE: Ed25519PrivateKey.from_private_bytes(b"a" * 32),
          OTHER: Ed25519PrivateKey.from_private_bytes(b"b" * 32)}


def golden():
    lines = []
    for path in GOLDEN:
        with open(path, encoding="utf-8") as file:
            lines += [json.loads(line) for line in file]
    return lines


def find(purpose):
    """The golden lines and the first object of that purpose among them."""
    lines = golden()
    return lines, next(line for line in lines if line["purpose"] == purpose)


def flipped(text, at):
    data = base64.b64decode(text)
    return base64.b64encode(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]).decode()


def difference(lines):
    """What the verifier says of these objects; None when all hold."""
    verifier = Verifier()
    try:
        for number, line in enumerate(lines, 1):
            verifier.line(f"line {number}", json.dumps(line))
    except (Wrong, ValueError, KeyError, TypeError, AttributeError) as e:
        return f"{type(e).__name__}: {e}"
    return next((f"{at}: {what}" for at, what in verifier.finish()), None)


def public(office):
    return SECRET[office].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def written(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def signed(purpose, office, data, **more):
    digest = hashlib.sha256(data).digest()
    signature = SECRET[office].sign(purpose.encode() + b"\0" + digest)
    return {"purpose": purpose, "bytes": base64.b64encode(data).decode(),
            "sig": base64.b64encode(signature).decode(), "public_key": public(office).hex(), **more}


def key_id(office):
    return hashlib.sha256(public(office)).hexdigest()[:16]


def header(n=1, prev=None, body=None, **changes):
    v = {"phoihop": 1, "kind": "note.note", "schema": 1, "record": f"{OFFICE}.{'c' * 26}", "n": n}
    if prev:
        v["prev"] = prev
    v.update({"person": f"{OFFICE}.{'p' * 26}", "time": "2026-11-25T02:00:00.000Z",
              "audience": [{"party": "o:" + OFFICE}], "alg": "ed25519", "key": key_id(OFFICE),
              "body": body or {"title": "Ghi chú"}})
    v.update(changes)
    return v


def version(**changes):
    return signed("phoihop-version-v1", OFFICE, written(header(**changes)))


def raw_version(data):
    return signed("phoihop-version-v1", OFFICE, data)


def sha(line):
    return hashlib.sha256(base64.b64decode(line["bytes"])).hexdigest()


def receipt(line, **changes):
    v = json.loads(base64.b64decode(line["bytes"]))
    r = {"phoihop": 1, "receipt": "R2", "record": v["record"], "n": v["n"], "hash": sha(line),
         "office": OTHER, "person": f"{OTHER}.{'p' * 26}", "time": "2026-11-25T03:00:00.000Z",
         "number": "15", "key": key_id(OTHER)}
    r.update(changes)
    return signed("phoihop-receipt-v1", OTHER, written(r))


def feed(count=2):
    entries, chain = [], bytes(32)
    for seq in range(1, count + 1):
        entries.append(written({
            "phoihop": 1, "from": OFFICE, "to": OTHER, "epoch": 1, "seq": seq, "kind": "version",
            "priority": 2, "record": f"{OFFICE}.{'c' * 26}", "n": seq, "object": "0" * 64,
            "size": 12}))
        chain = hashlib.sha256(b"phoihop-feed-v1\0" + chain + entries[-1]).digest()
    head = {"phoihop": 1, "from": OFFICE, "to": OTHER, "epoch": 1, "seq": 1, "count": count,
            "prev": "0" * 64, "chain": chain.hex(), "time": "2026-11-25T03:00:00.000Z",
            "key": key_id(OFFICE)}
    texts = [base64.b64encode(e).decode() for e in entries]
    return signed("phoihop-feed-v1", OFFICE, written(head), entries=texts), chain.hex()


def ack(chain, seq=2):
    a = {"phoihop": 1, "from": OTHER, "to": OFFICE, "epoch": 1, "seq": seq, "chain": chain,
         "time": "2026-11-25T03:00:00.000Z", "key": key_id(OTHER)}
    return signed("phoihop-ack-v1", OTHER, written(a))


def the_frozen_files_hold():
    assert difference(golden()) is None, difference(golden())
    assert len(golden()) == 9


def every_byte_of_every_object_counts():
    for index, line in enumerate(golden()):
        for at in range(len(base64.b64decode(line["bytes"]))):
            lines = golden()
            lines[index]["bytes"] = flipped(line["bytes"], at)
            del lines[index]["hash"]
            assert difference(lines) is not None, f"object {index}, byte {at}"


def every_byte_of_every_signature_counts():
    for index, line in enumerate(golden()):
        for at in range(len(base64.b64decode(line["sig"]))):
            lines = golden()
            lines[index]["sig"] = flipped(line["sig"], at)
            assert difference(lines) is not None, f"object {index}, byte {at}"


def every_byte_of_every_entry_counts():
    _, batch = find("phoihop-feed-v1")
    for index, entry in enumerate(batch["entries"]):
        for at in range(len(base64.b64decode(entry))):
            lines, forged = find("phoihop-feed-v1")
            forged["entries"][index] = flipped(entry, at)
            assert difference(lines) is not None, f"entry {index}, byte {at}"


def a_signature_for_another_purpose_does_not_hold():
    _, line = find("phoihop-receipt-v1")
    r = json.loads(base64.b64decode(line["bytes"]))
    r["office"], r["person"], r["key"] = OTHER, f"{OTHER}.{'p' * 26}", key_id(OTHER)
    good = signed("phoihop-receipt-v1", OTHER, written(r))
    assert difference([good]) is None
    wrong = b"phoihop-version-v1\0" + hashlib.sha256(written(r)).digest()
    good["sig"] = base64.b64encode(SECRET[OTHER].sign(wrong)).decode()
    assert "signature" in difference([good])


def a_personal_value_must_be_the_one_signed():
    for name, value in (("value", "Họ tên khác"), ("salt", "00" * 16), ("path", "title")):
        lines = golden()
        lines[2]["personal"][0][name] = value
        assert "personal" in difference(lines), name


def our_own_forgeries_start_from_what_holds():
    first = version()
    lines = [first, version(n=2, prev=sha(first)), receipt(first), *feed()[:1], ack(feed()[1])]
    assert difference(lines) is None, difference(lines)


def any_other_form_of_json_is_refused():
    data = written(header())
    for old, new in ((b'{"phoihop"', b'{ "phoihop"'), (b'"n":1', b'"n":1.0'),
                     (b'"n":1', b'"n":1e0'),
                     (b'"n":1', b'"n":1,"n":1'), (b'"n":1', b'"n":-0'), (b"Ghi", b"\\u0047hi"),
                     ("ú".encode(), "u\u0301".encode()), (b"Ghi", b"\xff"), (b"Ghi", b"\\ud800"),
                     (b'"n":1', b'"n":NaN'), (b'"n":1', b'"n":null'), (b'"n":1', b'"n":true'),
                     (b'"title":"Ghi', b'"x":9007199254740992,"title":"Ghi'),
                     (b'{"title"', b'{"x":' + b"[" * 9 + b"]" * 9 + b',"title"')):
        assert old in data
        assert difference([raw_version(data.replace(old, new, 1))]) is not None, new
    assert difference([raw_version(data + b"\n")]) is not None


def the_header_has_one_order_and_form():
    v = header()
    swapped = {name: v[name] for name in sorted(v)}
    assert difference([raw_version(written(swapped))]) is not None
    for name in ("kind", "schema", "record", "n", "time", "audience", "alg", "key", "body"):
        less = {k: value for k, value in v.items() if k != name}
        assert difference([raw_version(written(less))]) is not None, name
    for changes in ({"phoihop": 2}, {"alg": "none"}, {"time": "2026-11-25"}, {"audience": []},
                    {"record": "x"}, {"schema": 0}, {"audience": [{"party": "everyone"}]},
                    {"more": 1}, {"key": "0" * 16}):
        assert difference([version(**changes)]) is not None, changes


def only_the_home_office_signs_a_record():
    foreign = {"record": f"{OTHER}.{'c' * 26}", "person": f"{OTHER}.{'p' * 26}"}
    own = signed("phoihop-version-v1", OTHER, written(header(**foreign, key=key_id(OTHER))))
    assert difference([own]) is None
    other = {**foreign, "record": f"{OTHER}.{'d' * 26}"}
    assert "another key" in difference([own, version(**other)])
    assert "author" in difference([version(person=f"{OTHER}.{'p' * 26}")])


def a_chain_neither_forks_nor_skips():
    first = version()
    assert difference([version(n=2)]) is not None
    assert difference([version(prev="0" * 64)]) is not None
    assert "follow" in difference([first, version(n=2, prev="0" * 64)])
    assert "fork" in difference([first, version(body={"title": "Khác"})])


def a_receipt_speaks_of_the_bytes_that_are_here():
    first = version()
    assert "other bytes" in difference([first, receipt(first, hash="0" * 64)])
    assert difference([first, receipt(first, receipt="R9")]) is not None
    assert difference([first, receipt(first, key=key_id(OFFICE))]) is not None


def a_feed_is_one_chain():
    line, chain = feed()
    dropped, swapped = copy.deepcopy(line), copy.deepcopy(line)
    dropped["entries"].pop()
    swapped["entries"].reverse()
    for forged in (dropped, swapped):
        assert difference([forged]) is not None
    assert "another chain" in difference([line, ack("0" * 64)])
    assert "another chain" in difference([line, ack(chain, seq=1)])


def the_frozen_proof_holds_and_every_bit_of_it_counts():
    with open("test/golden/log.jsonl", encoding="utf-8") as file:
        line = json.loads(file.readline())
    assert difference([line]) is None, difference([line])
    for at in range(len(base64.b64decode(line["bytes"]))):
        assert difference([{**line, "bytes": flipped(line["bytes"], at)}]) is not None, at
    assert "another object" in difference([{**line, "object": "0" * 64}])
    assert "not cosigned" in difference([{**line, "witnesses": {OFFICE: line["public_key"]}}])
    assert "not signed" in difference([{**line, "public_key": public(OTHER).hex()}])


def passage(n, giver, to, signer=None):
    """A passage as `signer` would forge it; by itself the giver's own."""
    p = {"n": n, "from": giver, "to": to, "key": key_id(signer or giver)}
    text = written({"phoihop": 1, "record": header()["record"], **p})
    digest = hashlib.sha256(text).digest()
    return {**p, "sig": SECRET[signer or giver].sign(b"phoihop-home-v1\0" + digest).hex()}


def passed(by, n, before, *passages):
    """The version after another one, with passages, signed by that office."""
    v = header(n, sha(before) if before else None, key=key_id(by))
    del v["person"]
    body = v.pop("body")
    if passages:
        v["passages"] = list(passages)
    v["body"] = body
    return signed("phoihop-version-v1", by, written(v))


def left(n, by, to, statement, at):
    """A passage as an office that ended signed it for all its records."""
    text = written({"phoihop": 1, "statement": statement, "from": by, "to": to, "key": key_id(by)})
    return {"n": n, "from": by, "to": to, "key": key_id(by),
            "sig": SECRET[by].sign(b"phoihop-home-v1\0" + hashlib.sha256(text).digest()).hex(),
            "statement": at}


def an_office_that_ended_leaves_all_its_records_by_one_signature():
    with open("test/golden/succession.jsonl", encoding="utf-8") as file:
        frozen = [json.loads(line) for line in file]
    assert difference(frozen) is None, difference(frozen)
    assert difference([frozen[0], frozen[3]]) is None, "the version proves it by itself"
    statement = f"{OFFICE}.{'s' * 26}"
    first = passed(OFFICE, 1, None)
    step = left(1, OFFICE, OTHER, statement, statement)
    assert difference([first, passed(OTHER, 2, first, step)]) is None
    another = left(1, OFFICE, OTHER, statement, f"{OFFICE}.{'t' * 26}")
    assert "does not hold" in difference([first, passed(OTHER, 2, first, another)])
    early = left(2, OFFICE, OTHER, statement, statement)
    assert "not in order" in difference([first, passed(OTHER, 2, first, early)])


def a_record_passes_only_by_its_home():
    with open("test/golden/transfer.jsonl", encoding="utf-8") as file:
        frozen = [json.loads(line) for line in file]
    assert difference(frozen) is None, difference(frozen)
    assert "key of" in difference(frozen[2:]), "nobody vouches for the first home"
    first = passed(OFFICE, 1, None)
    step = passage(2, OFFICE, OTHER)
    give = passed(OFFICE, 2, first, step)
    taken = passed(OTHER, 3, give, step)
    assert difference([first, give, taken]) is None, difference([first, give, taken])
    back = passage(3, OTHER, OFFICE)
    declined = passed(OTHER, 3, give, step, back)
    home = passed(OFFICE, 4, declined, step, back)
    assert difference([first, give, declined, home]) is None
    own = passed(OTHER, 3, give, passage(2, OFFICE, OTHER, OTHER))
    wrong = {
        "not of the home": [first, give, passed(OFFICE, 3, give)],
        "another key": [first, receipt(first), give, passed(OFFICE, 3, give, step)],
        "is not known": [first, own],
        "not in order": [first, passed(OFFICE, 1, None, step)],
        "not from the home": [first, passed(OTHER, 3, give, passage(2, OTHER, OFFICE))],
    }
    for what, lines in wrong.items():
        assert what in (difference(lines) or ""), (what, difference(lines))
    dull = copy.deepcopy(step)
    dull["sig"] = ("1" if step["sig"][0] == "0" else "0") + step["sig"][1:]
    assert "does not hold" in difference([first, passed(OTHER, 3, give, dull)])


TESTS = [value for value in list(globals().values())
         if callable(value) and value.__module__ == __name__ and not value.__code__.co_argcount
         and value.__name__ not in ("golden", "main")]


def main():
    failed = 0
    for test in TESTS:
        try:
            test()
        except AssertionError as e:
            failed += 1
            print(f"tools/verify_test.py: {test.__name__}: {e}")
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
