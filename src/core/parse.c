#include "core/parse.h"

#include "core/act.h"
#include "core/job.h"
#include "core/office.h"
#include "core/parse_sql.h"
#include "core/upload.h"
#include "store/blob.h"
#include "store/store.h"

#define JOB "parse.file"

static void topic_note(struct call *c, struct str root)
{
    store_note(c, str_format(c->arena, "%s%.*s", PARSE_TOPIC, STR_ARG(root)));
}

enum err parse_ask(struct call *c, struct str root)
{
    bool asked = false;
    enum err e = parse_sql_wait(c, root, &asked);
    if (e != OK || !asked) return e;
    topic_note(c, root);
    return job_put(c, JOB, root, c->now_ms);
}

struct look {
    struct str root;
    bool with_text;
    struct parse *parse;
};

static enum err get_step(struct call *c, void *arg)
{
    const struct look *look = arg;
    return parse_sql_get(c, look->root, look->with_text, look->parse);
}

/* In the caller's read, or in one of its own. */
static enum err get(struct call *c, struct look *look)
{
    return c->db != NULL ? get_step(c, look) : store_read(c, get_step, look);
}

enum err parse_find(struct call *c, struct str root, struct parse *ret_parse)
{
    struct look look = {root, false, ret_parse};
    return get(c, &look);
}

enum err parse_get(struct call *c, struct str root, struct parse *ret_parse)
{
    struct look look = {root, true, ret_parse};
    enum err e = get(c, &look);
    if (e != OK || ret_parse->state != PARSE_DONE) return e;
    ret_parse->clauses = clause_split(c->arena, ret_parse->text);
    return OK;
}

/* Opens the file and asks the door. */
static enum err door_ask(struct call *c, struct str root, struct parse_order *order,
                         struct parse *ret_parse)
{
    const struct parse_door *door = c->office->parser;
    if (door == NULL) return fail(c, ERR_IO, "parse.gone");
    enum err e = blob_open(c, c->office->dir, root, &order->fd, &order->size);
    return e == OK ? door->read(door->self, c, order, ret_parse) : e;
}

/* Reads a file. One that cannot be read is an answer too. */
static enum err file_read(struct call *c, struct str root, enum parse_encoding encoding,
                          struct parse *ret_parse)
{
    struct parse_order order = {.encoding = encoding};
    struct parse parse = {};
    enum err e = door_ask(c, root, &order, &parse);
    if (e != OK && e != ERR_INVALID) return e;
    parse.state = e == OK ? PARSE_DONE : PARSE_REFUSED;
    parse.encoding = encoding;
    if (e != OK) {
        parse.reason = str_of(c->failure.reason);
        call_clear(c); /* it is kept as the answer */
    }
    *ret_parse = parse;
    return OK;
}

struct keep {
    struct str root;
    const struct parse *parse;
};

static enum err keep_step(struct call *c, void *arg)
{
    const struct keep *keep = arg;
    topic_note(c, keep->root);
    return parse_sql_put(c, keep->root, keep->parse);
}

enum err parse_now(struct call *c, struct str root, struct parse *ret_parse)
{
    struct parse parse = {};
    enum err e = parse_get(c, root, &parse);
    bool known = parse.state == PARSE_DONE || parse.state == PARSE_REFUSED;
    if (e != OK || known) {
        *ret_parse = parse;
        return e;
    }
    e = file_read(c, root, parse.encoding, &parse);
    struct keep keep = {root, &parse};
    if (e == OK) e = store_tx(c, keep_step, &keep);
    if (e != OK) return e;
    parse.clauses = clause_split(c->arena, parse.text);
    *ret_parse = parse;
    return OK;
}

enum err parse_choose(struct call *c, struct str root, enum parse_encoding encoding)
{
    bool found = false;
    enum err e = parse_sql_again(c, root, encoding, &found);
    if (e == OK && !found) e = fail(c, ERR_CONFLICT, "parse.no_text");
    if (e != OK) return e;
    topic_note(c, root);
    return job_put(c, JOB, root, c->now_ms);
}

enum err parse_image(struct call *c, struct str root, int64_t page, struct str *ret_png)
{
    ensure(page > 0 && page <= INT32_MAX);
    struct parse_order order = {.page = page};
    struct parse parse = {};
    enum err e = door_ask(c, root, &order, &parse);
    if (e == OK) *ret_png = parse.text;
    return e;
}

/* ---- the job ---- */

static enum err job_before(struct call *c, struct job *job)
{
    struct parse *parse = arena_alloc(c->arena, sizeof *parse);
    enum err e = parse_find(c, job->key, parse);
    if (e == OK && parse->state == PARSE_WAITING) {
        e = file_read(c, job->key, parse->encoding, parse);
        job->found = parse;
    }
    return e;
}

static enum err job_run(struct call *c, const struct job *job, bool *ret_again)
{
    struct keep keep = {job->key, job->found};
    (void)ret_again;
    return keep.parse == NULL ? OK : keep_step(c, &keep);
}

static const struct job_kind JOBS[] = {
    {.name = JOB, .before = job_before, .run = job_run},
};

/* ---- how a text file is written ---- */

static const char *const ENCODING_WORDS[] = {"utf8", "tcvn3", "vni", NULL};

struct encoding_input {
    struct str record;
    struct str root;
    int64_t encoding;
};
static const struct field ENCODING_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct encoding_input, record),
     .required = true},
    {.name = "root",
     .type = FIELD_TEXT,
     .offset = offsetof(struct encoding_input, root),
     .max = 64,
     .required = true},
    {.name = "encoding",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct encoding_input, encoding),
     .choices = ENCODING_WORDS,
     .required = true},
};
static const struct field_table ENCODING =
    FIELD_TABLE("parse.encoding", struct encoding_input, ENCODING_FIELDS);

/* Whoever sees the record may say how its file is written. */
static enum err run_encoding(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct encoding_input *in = input;
    const struct file_ref *file = NULL;
    enum err e = record_file_visible(c, in->record, in->root, &file);
    ret_result->record = in->record;
    return e != OK ? e : parse_choose(c, in->root, (enum parse_encoding)(in->encoding - 1));
}

static const struct act ACTS[] = {
    {.name = "parse.encoding", .input = &ENCODING, .roles = ROLE_ANY, .run = run_encoding},
};

const struct module parse_module = {
    .name = "parse",
    .order = 996,
    .acts = ACTS,
    .act_count = ARRAY_LEN(ACTS),
    .jobs = JOBS,
    .job_count = ARRAY_LEN(JOBS),
};
