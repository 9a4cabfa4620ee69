/*
 * The frozen bytes. What this test writes is compared with test/golden/versions.jsonl byte by byte:
 * a difference means that signed bytes of earlier years could no longer be read or verified.
 * UPDATE=1 writes the file anew; tools/verify.py reads the same file without any code of ours.
 */
#include "core/version.h"

#include "base/id.h"
#include "core/org.h"
#include "core/receipt.h"
#include "core/record_sql.h"
#include "golden.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

#define GOLDEN "test/golden/versions.jsonl"

/* A record with one field of every type: what is frozen covers the whole writer. */
struct every_row {
    struct str clause;
    int64_t point;
};
struct every {
    struct str text;
    struct str lines;
    struct personal name;
    int64_t number;
    bool yes;
    int64_t day;
    int64_t at_ms;
    int64_t choice;
    struct str record;
    struct str office;
    struct str person;
    struct list files;
    struct list rows;
    struct str empty;
};

static const char *const EVERY_CHOICES[] = {"agree", "comment", "disagree", NULL};
static const struct field EVERY_ROW_FIELDS[] = {
    {.name = "clause", .type = FIELD_TEXT, .offset = offsetof(struct every_row, clause)},
    {.name = "point", .type = FIELD_INT, .offset = offsetof(struct every_row, point)},
};
static const struct field_table EVERY_ROWS =
    FIELD_TABLE("golden.every.rows", struct every_row, EVERY_ROW_FIELDS);
#define AT(member) .offset = offsetof(struct every, member)
static const struct field EVERY_FIELDS[] = {
    {.name = "text", .type = FIELD_TEXT, AT(text)},
    {.name = "lines", .type = FIELD_LONG, AT(lines)},
    {.name = "name", .type = FIELD_PERSONAL, AT(name)},
    {.name = "number", .type = FIELD_INT, AT(number)},
    {.name = "yes", .type = FIELD_BOOL, AT(yes)},
    {.name = "day", .type = FIELD_DATE, AT(day)},
    {.name = "at", .type = FIELD_INSTANT, AT(at_ms)},
    {.name = "choice", .type = FIELD_CHOICE, AT(choice), .choices = EVERY_CHOICES},
    {.name = "record", .type = FIELD_RECORD, AT(record)},
    {.name = "office", .type = FIELD_OFFICE, AT(office)},
    {.name = "person", .type = FIELD_PERSON, AT(person)},
    {.name = "files", .type = FIELD_FILES, AT(files)},
    {.name = "rows", .type = FIELD_LIST, AT(rows), .of = &EVERY_ROWS},
    {.name = "empty", .type = FIELD_TEXT, AT(empty)},
};
#undef AT
static const struct field_table EVERY_TABLE =
    FIELD_TABLE("golden.every", struct every, EVERY_FIELDS);
static const struct kind EVERY_KIND = {.table = &EVERY_TABLE, .schema = 1};

/* The two offices of the story. */
struct offices {
    struct t_office asker;
    struct t_office asked;
};

static int open_offices(void **state)
{
    struct offices *o = test_calloc(1, sizeof *o);
    t_office_open(&o->asker, "VPCP");
    t_office_open(&o->asked, "VPQH");
    t_peers(&o->asker, &o->asked);
    *state = o;
    return 0;
}

static int close_offices(void **state)
{
    struct offices *o = *state;
    t_office_close(&o->asker);
    t_office_close(&o->asked);
    test_free(o);
    return 0;
}

/* A record id that is the same in every run. */
static struct str fixed_id(const struct t_office *t, char letter)
{
    char tail[ID_OFFICE_LEN];
    for (size_t i = 0; i < sizeof tail; i++)
        tail[i] = letter;
    return str_format(t->arena, "%.*s.%.*s", STR_ARG(t->office.id), (int)sizeof tail, tail);
}

/* A call whose actor, clock and randomness do not depend on what was done before. */
static struct call fixed_call(struct t_office *t, uint64_t seed)
{
    t->seed = seed;
    t->now_ms = INT64_C(1795572000000) + (int64_t)seed * 60000;
    struct call c = call_begin(&t->env, t->store, &t->office);
    c.who.person = fixed_id(t, 'p');
    return c;
}

/* Puts the stored version, with its personal value if it has one, into the file. */
static void version_line(struct call *c, struct sb *sb, struct str record, int64_t n)
{
    struct version v = {};
    struct rows rows = {};
    assert_int_equal(record_version(c, record, n, &v), OK);
    struct golden_object object = {.purpose = PURPOSE_VERSION,
                                   .bytes = v.bytes,
                                   .signature = v.signature,
                                   .public_key = c->office->public_key};
    assert_int_equal(
        store_all(c, "SELECT path, salt, value FROM personal WHERE record = $1 AND n = $2",
                  ARGS(TEXT(record), INT(n)), &rows),
        OK);
    assert_true(rows.count <= 1);
    if (rows.count == 1) {
        object.path = rows_text(&rows, 0, 0);
        object.salt = rows_text(&rows, 0, 1);
        object.value = rows_text(&rows, 0, 2);
    }
    golden_line(sb, &object);
}

static enum err put_step(struct call *c, void *arg)
{
    struct act_result result = {};
    return record_put(c, arg, &result);
}

static void put(struct t_office *t, uint64_t seed, const struct put *what, struct sb *sb, int64_t n)
{
    struct call c = fixed_call(t, seed);
    struct put copy = *what;
    assert_int_equal(store_tx(&c, put_step, &copy), OK);
    version_line(&c, sb, what->record, n);
    call_end(&c);
}

/* Two versions of a unit that another office may see too. */
static void unit_lines(struct offices *o, struct sb *sb)
{
    struct t_office *t = &o->asker;
    struct str audience[] = {
        str_format(t->arena, "o:%.*s", STR_ARG(o->asked.office.id)),
        str_format(t->arena, "o:%.*s", STR_ARG(t->office.id)),
    };
    struct org_unit unit = {.name = S("Vụ Tổng hợp")};
    struct put first = {.kind = "office.unit",
                        .record = fixed_id(t, 'u'),
                        .body = &unit,
                        .audience = audience,
                        .audience_count = ARRAY_LEN(audience)};
    put(t, 1, &first, sb, 1);
    unit.name = S("Vụ \"Tổng hợp\" \\ Kế hoạch");
    struct put second = {.kind = "office.unit", .record = first.record, .seen_n = 1, .body = &unit};
    put(t, 2, &second, sb, 2);
}

/* A person whose name is signed as a salted hash. */
static void person_line(struct offices *o, struct sb *sb)
{
    struct org_person person = {.login = S("chuyenvien1"),
                                .title = S("Chuyên viên"),
                                .name.value = S("Họ tên thử"),
                                .unit = fixed_id(&o->asker, 'u'),
                                .role = {true}};
    struct put put_person = {
        .kind = "office.person", .record = fixed_id(&o->asker, 'n'), .body = &person};
    put(&o->asker, 3, &put_person, sb, 1);
}

/* Holds a version without asking record_arrive, which takes no unit of another office. */
static enum err take_step(struct call *c, void *arg)
{
    const struct version *v = arg;
    struct receipt receipt = {.type = RECEIPT_R2, .record = v->record, .number = S("15")};
    enum err e = version_insert(c, v);
    if (e == OK) e = record_apply(c, v);
    return e != OK ? e : receipt_issue(c, &receipt);
}

/* The other office holds the unit's newest version and signs a receipt. */
static void receipt_line(struct offices *o, struct sb *sb)
{
    struct version v = {};
    struct rows rows = {};
    struct call from = fixed_call(&o->asker, 4);
    struct str record = fixed_id(&o->asker, 'u');
    assert_int_equal(record_version(&from, record, 2, &v), OK);
    struct call c = fixed_call(&o->asked, 5);
    assert_int_equal(store_tx(&c, take_step, &v), OK);
    assert_int_equal(store_one(&c, "SELECT bytes, sig FROM receipt", NO_ARGS, &rows), OK);
    struct golden_object object = {.purpose = PURPOSE_RECEIPT,
                                   .bytes = rows_text(&rows, 0, 0),
                                   .signature = rows_text(&rows, 0, 1),
                                   .public_key = o->asked.office.public_key};
    golden_line(sb, &object);
    call_end(&c);
    call_end(&from);
}

static void every_fill(struct t_office *t, struct call *c, struct every *ret_every)
{
    struct file_ref *files = arena_array(c->arena, 1, sizeof *files);
    struct every_row *rows = arena_array(c->arena, 2, sizeof *rows);
    files[0] = (struct file_ref){.root = version_hash(c, S("file")),
                                 .name = S("dự thảo.docx"),
                                 .media = S("application/octet-stream"),
                                 .size = 102400};
    rows[0] = (struct every_row){.clause = S("Điều 4, khoản 2"), .point = 1};
    rows[1] = (struct every_row){.clause = S("Phụ lục")};
    *ret_every = (struct every){
        .text = S("Ý kiến về dự thảo \"Quy chế\" 😀"),
        .lines = S("dòng một\n\tdòng hai\\ "),
        .name.value = S("Họ tên thử"),
        .number = INT64_C(9007199254740991),
        .yes = true,
        .day = 20782,
        .at_ms = INT64_C(1795572000001),
        .choice = 2,
        .record = fixed_id(t, 'u'),
        .office = t->office.id,
        .person = fixed_id(t, 'p'),
        .files = {files, 1},
        .rows = {rows, 2},
    };
    personal_seal(c, &ret_every->name);
}

/* One field of every type, through the writer alone. */
static void every_line(struct offices *o, struct sb *sb)
{
    struct t_office *t = &o->asker;
    struct call c = fixed_call(t, 6);
    struct every every = {};
    uint8_t hash[32];
    uint8_t signature[64];
    struct str audience[] = {str_format(t->arena, "o:%.*s", STR_ARG(t->office.id)), S("r:leader")};
    struct version v = {.record = fixed_id(t, 'e'),
                        .kind = S("golden.every"),
                        .schema = 1,
                        .n = 1,
                        .person = fixed_id(t, 'p'),
                        .time_ms = c.now_ms,
                        .audience = audience,
                        .audience_count = ARRAY_LEN(audience),
                        .key = t->office.key};
    every_fill(t, &c, &every);
    assert_int_equal(version_write(&c, &v, &EVERY_KIND, &every), OK);
    assert_true(hex_decode(v.hash, hash, sizeof hash));
    office_sign_with(t->secret_key, PURPOSE_VERSION, hash, signature);
    struct golden_object object = {.purpose = PURPOSE_VERSION,
                                   .bytes = v.bytes,
                                   .signature = {(const char *)signature, sizeof signature},
                                   .public_key = t->office.public_key,
                                   .path = S("name"),
                                   .salt = every.name.salt,
                                   .value = every.name.value};
    golden_line(sb, &object);
    call_end(&c);
}

static void the_written_bytes_are_those_frozen(void **state)
{
    struct offices *o = *state;
    struct sb sb = sb_new(o->asker.arena, 0);
    unit_lines(o, &sb);
    person_line(o, &sb);
    every_line(o, &sb);
    receipt_line(o, &sb);
    golden_compare(o->asker.arena, GOLDEN, sb_str(&sb));
}

/* Makes a version for the tests of the reader. */
static struct version sample(struct offices *o, struct call *c)
{
    struct t_office *t = &o->asker;
    struct org_unit unit = {.name = S("Vụ Tổng hợp")};
    struct str audience[] = {str_format(c->arena, "o:%.*s", STR_ARG(t->office.id))};
    struct version v = {.record = fixed_id(t, 'u'),
                        .kind = S("office.unit"),
                        .schema = 1,
                        .n = 1,
                        .person = fixed_id(t, 'p'),
                        .time_ms = c->now_ms,
                        .audience = audience,
                        .audience_count = 1,
                        .key = t->office.key};
    assert_int_equal(version_write(c, &v, module_kind(v.kind), &unit), OK);
    return v;
}

static void what_was_written_is_read_back(void **state)
{
    struct offices *o = *state;
    struct call c = fixed_call(&o->asker, 7);
    struct version v = sample(o, &c);
    struct version read = {};
    struct org_unit unit = {};
    assert_int_equal(version_parse(&c, v.bytes, &read), OK);
    assert_true(str_eq(read.record, v.record));
    assert_true(str_eq(read.hash, v.hash));
    assert_int_equal(read.time_ms, v.time_ms);
    assert_int_equal(read.audience_count, 1);
    assert_int_equal(version_body(&c, &read, &unit), OK);
    assert_true(str_eq(unit.name, S("Vụ Tổng hợp")));
    call_end(&c);
}

static void a_header_in_any_other_form_is_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
    } CHANGES[] = {
        {"{\"phoihop\":1", "{ \"phoihop\":1"},            /* white space */
        {"{\"phoihop\":1,", "{\"phoihop\":2,"},           /* another format */
        {"\"schema\":1,", "\"schema\":01,"},              /* a number written otherwise */
        {"\"schema\":1,", "\"schema\":0,"},               /* no such edition */
        {"\"kind\":\"office", "\"kind\":\"\\u006fffice"}, /* an escape that is not needed */
        {"\"alg\":\"ed25519\"", "\"alg\":\"none\""},      /* another algorithm */
        {"\"n\":1,", "\"n\":2,"},                         /* a successor without predecessor */
        {"\"body\":", "\"bode\":"},                       /* no body */
        {"\"n\":1,", "\"n\":1,\"n\":1,"},                 /* a name given twice */
    };
    struct offices *o = *state;
    struct call c = fixed_call(&o->asker, 8);
    struct version v = sample(o, &c);
    for (size_t i = 0; i < ARRAY_LEN(CHANGES); i++) {
        struct version read = {};
        struct str from = str_of(CHANGES[i].from);
        size_t at = str_find(v.bytes, from, 0);
        assert_true(at < v.bytes.len);
        struct sb sb = sb_new(c.arena, 0);
        sb_put(&sb, str_sub(v.bytes, 0, at));
        sb_put(&sb, str_of(CHANGES[i].to));
        sb_put(&sb, str_sub(v.bytes, at + from.len, v.bytes.len));
        assert_int_equal(version_parse(&c, sb_str(&sb), &read), ERR_SYNTAX);
        assert_string_equal(c.failure.reason, "version.form");
        call_clear(&c);
    }
    call_end(&c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_offices, close_offices)
    const struct CMUnitTest tests[] = {
        T(the_written_bytes_are_those_frozen),
        T(what_was_written_is_read_back),
        T(a_header_in_any_other_form_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
