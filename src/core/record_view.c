/* What every record page shows beside the record: who has it, its history, what can be done. */
#include "base/id.h"
#include "base/time.h"
#include "base/words.h"
#include "core/act.h"
#include "core/notice.h"
#include "core/office.h"
#include "core/receipt.h"
#include "core/record_sql.h"

struct str record_link(struct call *c, const struct head *head)
{
    const struct kind *kind = module_kind(head->kind);
    const char *view = kind != NULL && kind->view != NULL ? kind->view : "office.record";
    return str_format(c->arena, "/view/%s?record=%.*s", view, STR_ARG(head->record));
}

static void instant(struct call *c, struct node *map, const char *name, int64_t ms)
{
    if (ms > 0) node_text(c, map, name, time_hanoi_format(c->arena, ms, c->lang));
}

/* Adds the receipts of one office to its row: times, number, reason. Of two refusals a person's
 * comes after the server's own. */
static void receipts_of(struct call *c, struct node *row, const struct rows *receipts,
                        struct str office)
{
    size_t refused = receipts->count;
    for (size_t i = 0; i < receipts->count; i++) {
        if (!str_eq(rows_text(receipts, i, 0), office)) continue;
        int64_t type = rows_int(receipts, i, 1);
        int64_t time_ms = rows_int(receipts, i, 3);
        if (type == RECEIPT_R2 && node_find(row, S("r2")) == NULL) {
            instant(c, row, "r2", time_ms);
            node_text(c, row, "number", rows_text(receipts, i, 4));
        }
        if (type == RECEIPT_R3 && node_find(row, S("r3")) == NULL) instant(c, row, "r3", time_ms);
        if (type == RECEIPT_REFUSED) refused = i;
    }
    if (refused == receipts->count) return;
    struct str reason = rows_text(receipts, refused, 5);
    struct str key = str_format(c->arena, "reason.%.*s", STR_ARG(reason));
    instant(c, row, "refused", rows_int(receipts, refused, 3));
    node_text(c, row, "reason", words_has(key) ? words(c->lang, key) : reason);
}

enum err record_deliveries(struct call *c, struct str record, struct node *ret_list)
{
    struct rows sent = {};
    struct rows receipts = {};
    enum err e = delivery_list(c, record, &sent);
    if (e == OK) e = delivery_receipts(c, record, &receipts);
    for (size_t i = 0; e == OK && i < sent.count; i++) {
        struct str office = rows_text(&sent, i, 0);
        struct node *row = node_add_map(c, ret_list);
        node_text(c, row, "office", office);
        node_text(c, row, "code", office_code(c, office));
        node_text(c, row, "name", office_name(c, office));
        node_int(c, row, "n", rows_int(&sent, i, 1));
        instant(c, row, "sent", rows_int(&sent, i, 2));
        bool waiting = rows_int(&sent, i, 4) > 0;
        if (!waiting) instant(c, row, "r1", rows_int(&sent, i, 3));
        node_bool(c, row, "waiting", waiting);
        receipts_of(c, row, &receipts, office);
    }
    return e;
}

enum err record_history(struct call *c, struct str record, struct node *ret_list)
{
    struct rows rows = {};
    enum err e = history_list(c, record, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct version v = {};
        e = version_parse(c, rows_text(&rows, i, 1), &v);
        if (e != OK) return e;
        struct node *row = node_add_map(c, ret_list);
        node_int(c, row, "n", v.n);
        instant(c, row, "time", v.time_ms);
        node_text(c, row, "person", person_title(c, v.person));
        node_text(c, row, "hash", v.hash);
        if (!str_eq(v.home, c->office->id)) instant(c, row, "received", rows_int(&rows, i, 3));
    }
    return e;
}

/* Adds one act to the list: possible, or with the sentence why not. Acts whose grant is missing are
 * left out: a page does not advertise what is not this person's work. */
static enum err offer_act(struct call *c, const struct act *act, const struct head *head,
                          struct node *list)
{
    enum err e = grant_act(c, act, head);
    if (e == ERR_DENIED || e == ERR_NOT_FOUND || e == ERR_LOGIN) {
        call_clear(c);
        return OK;
    }
    if (e != OK) return e;
    struct node *row = node_add_map(c, list);
    node_text(c, row, "act", str_of(act->name));
    node_text(c, row, "label", words(c->lang, str_format(c->arena, "act.%s", act->name)));
    node_text(c, row, "record", head->record);
    node_text(c, row, "href",
              str_format(c->arena, "/act/%s?record=%.*s", act->name, STR_ARG(head->record)));
    node_bool(c, row, "main", act->main);
    e = act_state(c, act, head);
    node_bool(c, row, "possible", e == OK);
    if (e != OK && err_info(e)->fault != FAULT_CALLER) return e;
    if (e != OK) {
        node_text(c, row, "why", words_failure(c));
        call_clear(c);
    }
    return OK;
}

enum err record_acts(struct call *c, const struct head *head, struct node *ret_list)
{
    enum err e = OK;
    for (size_t m = 0; e == OK && m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; e == OK && i < module->act_count; i++) {
            const struct act *act = &module->acts[i];
            if (!module_act_fits(act, head->kind)) continue;
            if (act->program || (act->answers && !head->moving)) continue; /* nobody asked */
            e = offer_act(c, act, head, ret_list);
        }
    }
    return e;
}

void record_home_show(struct call *c, const struct head *head, struct node *ret_map)
{
    node_text(c, ret_map, "id", head->home);
    node_text(c, ret_map, "code", office_code(c, head->home));
    node_text(c, ret_map, "name", office_name(c, head->home));
    if (head->passages > 0) node_bool(c, ret_map, "passed", true);
    if (head->moving) node_text(c, ret_map, "moving", words(c->lang, S("transfer.moving")));
}

enum err view_record_tail(struct call *c, struct view *view, const struct head *head)
{
    record_home_show(c, head, node_put_map(c, view->data, "home"));
    node_text(c, view->data, "record", head->record);
    node_int(c, view->data, "n", head->n);
    enum err e = record_deliveries(c, head->record, node_put_list(c, view->data, "deliveries"));
    if (e == OK) e = record_history(c, head->record, node_put_list(c, view->data, "history"));
    if (e == OK) e = record_acts(c, head, node_put_list(c, view->data, "acts"));
    return e == OK ? notice_section(c, view, head->record) : e;
}
