#include "core/receipt_sql.h"

#include "core/office.h"

enum err receipt_insert(struct call *c, const struct receipt *r, struct str hash, struct str bytes,
                        struct str signature, bool *ret_new)
{
    struct value sig = signature.len > 0 ? BYTES(signature) : NONE;
    bool by_hand = r->type == RECEIPT_REFUSED && r->person.len > 0;
    int64_t changed = 0;
    enum err e =
        store_exec(c,
                   "INSERT INTO receipt (hash, bytes, sig, record, n, type, office, person,"
                   " time_ms, number, reason, key, received_ms, hand)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
                   " ON CONFLICT DO NOTHING",
                   ARGS(TEXT(hash), BYTES(bytes), sig, TEXT(r->record), INT(r->n), INT(r->type),
                        TEXT(r->office), TEXT(r->person), INT(r->time_ms), TEXT(r->number),
                        TEXT(r->reason), TEXT(r->key), INT(c->now_ms), INT(by_hand ? 1 : 0)),
                   &changed);
    if (e != OK) return e;
    *ret_new = changed == 1;
    if (*ret_new && signature.len == 0) store_owe(c, "receipt.sig", ARGS(TEXT(hash)));
    return OK;
}

enum err receipt_unsigned_list(struct call *c, struct rows *ret_rows)
{
    *ret_rows = store_owed(c, "receipt.sig", 1);
    return OK;
}

enum err receipt_sign(struct call *c, struct str hash, struct str signature)
{
    return store_exec(c, "UPDATE receipt SET sig = $1 WHERE hash = $2",
                      ARGS(BYTES(signature), TEXT(hash)), NULL);
}

/* Row: number, time_ms; of this office's own newest receipt of that type. */
enum err receipt_r2_newest(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT number, time_ms FROM receipt WHERE record = $1 AND type = $2"
                     " AND office = $3 ORDER BY n DESC LIMIT 1",
                     ARGS(TEXT(record), INT(RECEIPT_R2), TEXT(c->office->id)), ret_rows);
}
