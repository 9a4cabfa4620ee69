/*
 * Any bytes are given as the receipt of a deadline, which comes with records of other offices. What
 * is accepted must be told in both languages; counted again it must be written, read and written as
 * the same bytes.
 */
#include "base/workday_receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct call *c, struct str json)
{
    struct workday_receipt receipt = {};
    struct workday_receipt again = {};
    struct workday_receipt read = {};
    if (!workday_receipt_read(c, json, &receipt)) return;
    ensure(receipt.nominal >= receipt.from);
    ensure(receipt.nominal <= receipt.due);
    for (enum lang lang = 0; lang < LANG_COUNT; lang++) {
        c->lang = lang;
        ensure(workday_receipt_text(c, &receipt).len > 0);
    }
    const struct workday_calendar *calendar = workday_calendar_vn(c, c->arena);
    if (!workday_receipt_again(c->arena, calendar, &receipt, &again)) return;
    struct str written = workday_receipt_json(c->arena, &again);
    ensure(workday_receipt_read(c, written, &read));
    ensure(str_eq(workday_receipt_json(c->arena, &read), written));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    look(&c, (struct str){(const char *)data, size});
    ensure(c.failure.err == OK);
    call_end(&c);
    return 0;
}
