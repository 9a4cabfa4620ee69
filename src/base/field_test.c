#include "base/field.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OFFICE "abcdefghijklmnopqrstuvwx27"
#define RECORD OFFICE ".22222222222222222222222222"
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct point {
    struct str text;
    int64_t weight;
    bool agreed;
    int64_t day;
};

struct sample {
    struct str title;
    struct str body;
    struct personal name;
    int64_t pages;
    bool urgent;
    int64_t day;
    int64_t at_ms;
    int64_t grade;
    struct str record;
    struct str office;
    struct str person;
    struct list files;
    struct list points;
    int64_t copies;
};

static const char *const GRADES[] = {"low", "high", "highest", NULL};

static const struct field POINT_FIELDS[] = {
    {.name = "text",
     .type = FIELD_TEXT,
     .offset = offsetof(struct point, text),
     .max = 20,
     .required = true},
    {.name = "weight", .type = FIELD_INT, .offset = offsetof(struct point, weight), .max = 100},
    {.name = "agreed",
     .type = FIELD_BOOL,
     .offset = offsetof(struct point, agreed),
     .required = true},
    {.name = "day", .type = FIELD_DATE, .offset = offsetof(struct point, day)},
};
static const struct field_table POINT_TABLE =
    FIELD_TABLE("sample.point", struct point, POINT_FIELDS);

static const struct field SAMPLE_FIELDS[] = {
    {.name = "title",
     .type = FIELD_TEXT,
     .offset = offsetof(struct sample, title),
     .max = 40,
     .required = true},
    {.name = "body", .type = FIELD_LONG, .offset = offsetof(struct sample, body)},
    {.name = "name", .type = FIELD_PERSONAL, .offset = offsetof(struct sample, name), .max = 30},
    {.name = "pages",
     .type = FIELD_INT,
     .offset = offsetof(struct sample, pages),
     .max = 999,
     .label = "word.pages"},
    {.name = "urgent", .type = FIELD_BOOL, .offset = offsetof(struct sample, urgent)},
    {.name = "day", .type = FIELD_DATE, .offset = offsetof(struct sample, day)},
    {.name = "at", .type = FIELD_INSTANT, .offset = offsetof(struct sample, at_ms)},
    {.name = "grade",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct sample, grade),
     .choices = GRADES},
    {.name = "record", .type = FIELD_RECORD, .offset = offsetof(struct sample, record)},
    {.name = "office", .type = FIELD_OFFICE, .offset = offsetof(struct sample, office)},
    {.name = "person", .type = FIELD_PERSON, .offset = offsetof(struct sample, person)},
    {.name = "files", .type = FIELD_FILES, .offset = offsetof(struct sample, files)},
    {.name = "points",
     .type = FIELD_LIST,
     .offset = offsetof(struct sample, points),
     .max = 5,
     .of = &POINT_TABLE},
    {.name = "copies", .type = FIELD_INT, .offset = offsetof(struct sample, copies)},
};
static const struct field_table SAMPLE_TABLE = FIELD_TABLE("sample", struct sample, SAMPLE_FIELDS);

static int open_call(void **state)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct call *kept = arena_alloc(c.arena, sizeof c);
    *kept = c;
    *state = kept;
    return 0;
}

static int close_call(void **state)
{
    arena_close(((struct call *)*state)->arena);
    return 0;
}

/* Reads and expects success. */
static struct sample read_ok(struct call *c, struct str json)
{
    struct sample sample = {};
    enum err e = fields_read(c, &SAMPLE_TABLE, json, UNKNOWN_REFUSE, &sample);
    assert_int_equal(e, OK);
    return sample;
}

static void assert_written(struct call *c, const struct sample *sample, struct str want)
{
    struct sb sb = sb_new(c->arena, 0);
    fields_write(&sb, &SAMPLE_TABLE, sample);
    assert_true(str_eq(sb_str(&sb), want));
}

/* Reads and expects ERR_SYNTAX. */
static void assert_syntax(struct call *c, struct str json)
{
    struct sample sample = {};
    enum err e = fields_read(c, &SAMPLE_TABLE, json, UNKNOWN_IGNORE, &sample);
    assert_int_equal(e, ERR_SYNTAX);
    assert_string_equal(c->failure.reason, "json");
    assert_string_equal(c->failure.args[0].name, "detail");
    assert_true(c->failure.args[0].value.len > 0);
    assert_int_equal(sample.title.len, 0);
    call_clear(c);
}

/* Reads and expects one problem. */
static void assert_problem(struct call *c, struct str json, const char *field, const char *reason)
{
    struct sample sample = {};
    enum err e = fields_read(c, &SAMPLE_TABLE, json, UNKNOWN_REFUSE, &sample);
    assert_int_equal(e, ERR_INVALID);
    assert_string_equal(c->failure.reason, "form");
    assert_int_equal(c->failure.problem_count, 1);
    assert_true(str_eq(c->failure.problems[0].field, str_of(field)));
    assert_string_equal(c->failure.problems[0].reason, reason);
    assert_true(words_has(str_format(c->arena, "reason.%s", reason)));
    call_clear(c);
}

/* {"title":"x",<members>} */
static struct str with(struct call *c, struct str members)
{
    return str_format(c->arena, "{\"title\":\"x\",%.*s}", STR_ARG(members));
}

static struct str repeat(struct call *c, const char *text, size_t times)
{
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = 0; i < times; i++)
        sb_put(&sb, str_of(text));
    return sb_str(&sb);
}

static void every_type_is_read_and_written_as_the_same_bytes(void **state)
{
    struct call *c = *state;
    struct str json =
        S("{\"title\":\"Đề nghị\",\"body\":\"một\\n\\thai\",\"name\":{\"hash\":\"" HEX64
          "\"},\"pages\":12,\"urgent\":true,\"day\":\"2026-11-25\","
          "\"at\":\"2026-11-25T03:04:05.678Z\",\"grade\":\"high\","
          "\"record\":\"" RECORD "\",\"office\":\"" OFFICE "\",\"person\":\"" RECORD
          "\",\"files\":[{\"root\":\"" HEX64 "\",\"name\":\"tờ trình.pdf\","
          "\"media\":\"application/pdf\",\"size\":0}],\"points\":["
          "{\"text\":\"a\",\"weight\":3,\"agreed\":false},"
          "{\"text\":\"b\",\"agreed\":true,\"day\":\"2026-01-02\"}],\"copies\":7}");
    struct sample sample = read_ok(c, json);
    assert_int_equal(sample.day, 20782);
    assert_int_equal(sample.grade, 2);
    assert_int_equal(sample.points.count, 2);
    assert_true(str_eq(((struct point *)sample.points.rows)[1].text, S("b")));
    assert_int_equal(((struct file_ref *)sample.files.rows)[0].size, 0);
    assert_written(c, &sample, json);
}

/* Found by the fuzzer: in the bytes, the n of the escape and the mark would compose. */
static void a_combining_mark_may_follow_an_escape(void **state)
{
    struct call *c = *state;
    struct str json = S("{\"title\":\"x\",\"body\":\"a\\n\u0301b\"}");
    struct sample sample = read_ok(c, json);
    assert_written(c, &sample, json);
}

static void empty_optional_fields_are_left_out(void **state)
{
    struct call *c = *state;
    struct sample sample = read_ok(
        c,
        with(c, S("\"pages\":0,\"urgent\":false,\"body\":\" \\n \",\"points\":[],\"name\":\"\"")));
    assert_written(c, &sample, S("{\"title\":\"x\"}"));
}

static void only_spaces_count_as_empty(void **state)
{
    struct call *c = *state;
    assert_problem(c, S("{\"title\":\"  \"}"), "title", "field.required");
    assert_problem(c, S("{\"title\":\"\"}"), "title", "field.required");
    assert_problem(c, S("{}"), "title", "field.required");
}

static void malformed_json_is_refused_as_a_whole(void **state)
{
    struct call *c = *state;
    const struct str bad[] = {
        S(""),
        S("{"),
        S("[]"),
        S("\"x\""),
        S("null"),
        S("{\"title\":\"x\"} "
          "{}"),
        S("{\"title\":\"x\"}x"),
        S("{\"title\":\"x\"}\0"),
        S("{\"title\":\"x\",\"title\":\"x\"}"),
        S("{\"title\":\"x\",\"\\u0074itle\":\"x\"}"),
        S("{\"points\":[{\"text\":\"a\",\"text\":\"b\"}]}"),
        S("{\"pages\":1e3}"),
        S("{\"pages\":1E3}"),
        S("{\"pages\":1.0}"),
        S("{\"other\":[1.0]}"),
        S("{\"pages\":NaN}"),
        S("{\"pages\":Infinity}"),
        S("{\"pages\":01}"),
        S("{\"pages\":+1}"),
        S("{\"pages\":0x10}"),
        S("{\"pages\":9223372036854775808}"),
        S("{'title':'x'}"),
        S("{title:\"x\"}"),
        S("{\"title\":\"x\",}"),
        S("{\"title\":\"x\" /* y */}"),
        S("\xef\xbb\xbf{\"title\":\"x\"}"),
        S("{\"title\":\"a\\u0000b\"}"),
        S("{\"a\\u0000b\":1}"),
        S("{\"title\":\"\\ud800\"}"),
        S("{\"title\":\"\\udc00\\ud800\"}"),
        S("{\"title\":\"\\ud800x\"}"),
        S("{\"title\":\"\xed\xa0\x80\"}"),
        S("{\"title\":\"\xc0\xaf\"}"),
        S("{\"title\":\"\xff\"}"),
        S("{\"title\":\"a\nb\"}"),
        S("{\"title\":\"a\\xb\"}"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_syntax(c, bad[i]);
}

static void a_refusal_says_where_in_the_users_language(void **state)
{
    struct call *c = *state;
    struct sample sample = {};
    c->lang = LANG_EN;
    enum err e = fields_read(c, &SAMPLE_TABLE, S("{\"pages\":1.5}"), UNKNOWN_REFUSE, &sample);
    assert_int_equal(e, ERR_SYNTAX);
    assert_true(str_eq(words_failure(c), S("The JSON data is not well formed: number that is not "
                                           "an integer at byte 10.")));
}

static void depth_is_bounded(void **state)
{
    struct call *c = *state;
    struct sample sample = {};
    struct str inner = S("\"deep\":[[[[[[[]]]]]]]"); /* with the object: 8 levels */
    enum err e = fields_read(c, &SAMPLE_TABLE, with(c, inner), UNKNOWN_IGNORE, &sample);
    assert_int_equal(e, OK);
    assert_syntax(c, with(c, S("\"deep\":[[[[[[[[]]]]]]]]")));
    struct str open = repeat(c, "[", 100);
    struct str close = repeat(c, "]", 100);
    assert_syntax(c, str_format(c->arena, "%.*s%.*s", STR_ARG(open), STR_ARG(close)));
    assert_syntax(c, repeat(c, "{\"a\":", 100));
    read_ok(c, S("{\"title\":\"[[[[[[[[[[ \\\" [\"}")); /* brackets in a text are no levels */
}

static void size_is_bounded(void **state)
{
    struct call *c = *state;
    struct sample sample = {};
    struct str spaces = repeat(c, " ", LIMIT_JSON_BYTES - 13);
    struct str json = str_format(c->arena, "{\"title\":\"x\"}%.*s", STR_ARG(spaces));
    assert_int_equal(json.len, LIMIT_JSON_BYTES);
    read_ok(c, json);
    json = str_format(c->arena, "%.*s ", STR_ARG(json));
    enum err e = fields_read(c, &SAMPLE_TABLE, json, UNKNOWN_REFUSE, &sample);
    assert_int_equal(e, ERR_LIMIT);
    assert_string_equal(c->failure.reason, "json_size");
}

static void unknown_names_are_refused_or_ignored(void **state)
{
    struct call *c = *state;
    struct str json = with(c, S("\"later\":{\"x\":[1]}"));
    assert_problem(c, json, "later", "field.unknown");
    assert_problem(c, with(c, S("\"points\":[{\"text\":\"a\",\"agreed\":true,\"x\":1}]")),
                   "points.0.x", "field.unknown");
    struct sample sample = {};
    enum err e = fields_read(c, &SAMPLE_TABLE, json, UNKNOWN_IGNORE, &sample);
    assert_int_equal(e, OK);
    assert_written(c, &sample, S("{\"title\":\"x\"}"));
}

static void a_wrong_type_is_a_problem_of_its_field(void **state)
{
    struct call *c = *state;
    static const char *const VALUES[] = {"null", "1", "true", "\"?\"", "[1]", "{}"};
    for (size_t i = 1; i < ARRAY_LEN(SAMPLE_FIELDS); i++) {
        const struct field *f = &SAMPLE_FIELDS[i];
        for (size_t k = 0; k < ARRAY_LEN(VALUES); k++) {
            bool is_text = f->type == FIELD_TEXT || f->type == FIELD_LONG ||
                           f->type == FIELD_PERSONAL || f->type == FIELD_CHOICE;
            if (is_text && k == 3) continue;
            if (f->type == FIELD_INT && k == 1) continue;
            if (f->type == FIELD_BOOL && k == 2) continue;
            struct str member = str_format(c->arena, "\"%s\":%s", f->name, VALUES[k]);
            struct str path = str_of(f->name);
            if (field_is_list(f) && k == 4) path = str_format(c->arena, "%s.0", f->name);
            struct sample sample = {};
            enum err e = fields_read(c, &SAMPLE_TABLE, with(c, member), UNKNOWN_REFUSE, &sample);
            assert_int_equal(e, ERR_INVALID);
            assert_true(str_eq(c->failure.problems[0].field, path));
            assert_string_equal(c->failure.problems[0].reason, "field.type");
            call_clear(c);
        }
    }
}

static void malformed_texts_are_problems_of_their_fields(void **state)
{
    struct call *c = *state;
    static const char *const BAD[][3] = {
        {"\"day\":\"25/11/2026\"", "day", "field.type"},
        {"\"day\":\"2026-02-30\"", "day", "field.type"},
        {"\"day\":\"1970-01-01\"", "day", "field.range"},
        {"\"at\":\"2026-11-25T03:04:05Z\"", "at", "field.type"},
        {"\"at\":\"1970-01-01T00:00:00.000Z\"", "at", "field.range"},
        {"\"grade\":\"HIGH\"", "grade", "field.choice"},
        {"\"grade\":\"\"", "grade", "field.choice"},
        {"\"office\":\"ABC\"", "office", "field.type"},
        {"\"record\":\"" OFFICE "\"", "record", "field.type"},
        {"\"person\":\"x\"", "person", "field.type"},
        {"\"name\":{\"hash\":\"xyz\"}", "name", "field.type"},
        {"\"name\":{\"hash\":\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"}",
         "name", "field.type"},
        {"\"name\":{\"hash\":\"" HEX64 "\",\"salt\":\"x\"}", "name", "field.type"},
        {"\"name\":\"a\\nb\"", "name", "field.characters"},
        {"\"body\":\"a\\rb\"", "body", "field.characters"},
        {"\"body\":\"a\\u001bb\"", "body", "field.characters"},
        {"\"body\":\"a\\u007fb\"", "body", "field.characters"},
        {"\"body\":\"a\\u0085b\"", "body", "field.characters"},
        {"\"body\":\"e\\u0302\"", "body", "field.characters"},
        {"\"points\":[{\"text\":\"a\\tb\",\"agreed\":true}]", "points.0.text", "field.characters"},
        {"\"body\":\"ê\"", "body", "field.characters"},
        {"\"points\":[{\"text\":\"a\"}]", "points.0.agreed", "field.required"},
        {"\"points\":[{\"agreed\":true}]", "points.0.text", "field.required"},
        {"\"files\":[{\"root\":\"ab\",\"name\":\"a\",\"media\":\"b\",\"size\":1}]", "files.0.root",
         "field.type"},
    };
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        assert_problem(c, with(c, str_of(BAD[i][0])), BAD[i][1], BAD[i][2]);
    }
}

/* The text `quoted` times a letter, as a member. */
static struct str long_member(struct call *c, const char *name, size_t len)
{
    return str_format(c->arena, "\"%s\":\"%.*s\"", name, STR_ARG(repeat(c, "a", len)));
}

static void every_limit_holds_and_one_more_does_not(void **state)
{
    struct call *c = *state;
    read_ok(c, with(c, long_member(c, "body", LIMIT_LONG_BYTES)));
    assert_problem(c, with(c, long_member(c, "body", LIMIT_LONG_BYTES + 1)), "body",
                   "field.too_long");
    read_ok(c, with(c, long_member(c, "name", 30)));
    assert_problem(c, with(c, long_member(c, "name", 31)), "name", "field.too_long");
    struct str title = long_member(c, "title", 40);
    read_ok(c, str_format(c->arena, "{%.*s}", STR_ARG(title)));
    title = long_member(c, "title", 41);
    assert_problem(c, str_format(c->arena, "{%.*s}", STR_ARG(title)), "title", "field.too_long");
    read_ok(c, with(c, S("\"pages\":999")));
    assert_problem(c, with(c, S("\"pages\":1000")), "pages", "field.range");
    assert_problem(c, with(c, S("\"pages\":-1")), "pages", "field.range");
    read_ok(c, with(c, S("\"copies\":9007199254740991")));
    assert_problem(c, with(c, S("\"copies\":9007199254740992")), "copies", "field.range");
    read_ok(c, with(c, S("\"day\":\"1900-01-01\",\"at\":\"2199-12-31T23:59:59.999Z\"")));
    assert_problem(c, with(c, S("\"day\":\"1899-12-31\"")), "day", "field.type");
    assert_problem(c, with(c, S("\"at\":\"2200-01-01T00:00:00.000Z\"")), "at", "field.type");
}

static void rows_are_limited(void **state)
{
    struct call *c = *state;
    struct str rows = repeat(c, "{\"text\":\"a\",\"agreed\":true},", 4);
    const char *last = "{\"text\":\"a\",\"agreed\":true}";
    struct sample sample =
        read_ok(c, with(c, str_format(c->arena, "\"points\":[%.*s%s]", STR_ARG(rows), last)));
    assert_int_equal(sample.points.count, 5);
    assert_problem(
        c, with(c, str_format(c->arena, "\"points\":[%.*s%s,%s]", STR_ARG(rows), last, last)),
        "points", "field.too_many");
    const char *file = "{\"root\":\"" HEX64 "\",\"name\":\"a\",\"media\":\"b\",\"size\":1}";
    struct str files =
        repeat(c, str_zero(c->arena, str_format(c->arena, "%s,", file)), LIMIT_FILES - 1);
    read_ok(c, with(c, str_format(c->arena, "\"files\":[%.*s%s]", STR_ARG(files), file)));
    assert_problem(
        c, with(c, str_format(c->arena, "\"files\":[%.*s%s,%s]", STR_ARG(files), file, file)),
        "files", "field.too_many");
}

static void all_problems_are_told_at_once_and_each_once(void **state)
{
    struct call *c = *state;
    struct sample sample = {};
    enum err e = fields_read(c, &SAMPLE_TABLE, S("{\"title\":7,\"pages\":-5,\"day\":\"x\"}"),
                             UNKNOWN_REFUSE, &sample);
    assert_int_equal(e, ERR_INVALID);
    assert_int_equal(c->failure.problem_count, 3);
}

static void a_struct_filled_in_c_is_checked_alike(void **state)
{
    struct call *c = *state;
    struct file_ref file = {.root = S("zz"), .name = S("a"), .media = S("b"), .size = -1};
    struct sample sample = {
        .title = S("\xff"),
        .grade = 4,
        .day = TIME_DAY_MAX + 1,
        .files = {.rows = &file, .count = 1},
    };
    fields_check(c, &SAMPLE_TABLE, &sample);
    assert_int_equal(c->failure.problem_count, 5);
    assert_string_equal(c->failure.problems[0].reason, "field.characters");
    assert_string_equal(c->failure.problems[1].reason, "field.range");
    assert_string_equal(c->failure.problems[2].reason, "field.choice");
    assert_true(str_eq(c->failure.problems[3].field, S("files.0.root")));
    assert_true(str_eq(c->failure.problems[4].field, S("files.0.size")));
    assert_int_equal(problems_fail(c), ERR_INVALID);
}

static void a_sealed_value_opens_only_with_its_salt(void **state)
{
    struct call *c = *state;
    struct personal p = {.value = S("Nguyễn Văn A")};
    personal_seal(c, &p);
    assert_int_equal(p.salt.len, PERSONAL_SALT_BYTES);
    assert_int_equal(p.hash.len, PERSONAL_HASH_LEN);
    assert_true(personal_opens(&p));
    struct personal again = p;
    personal_seal(c, &again); /* the salt stays, so the hash does */
    assert_true(str_eq(again.hash, p.hash));
    struct personal other = {.value = p.value};
    personal_seal(c, &other);
    assert_false(str_eq(other.hash, p.hash));
    other.hash = p.hash;
    assert_false(personal_opens(&other));
    struct personal changed = {.value = S("Nguyễn Văn B"), .salt = p.salt, .hash = p.hash};
    assert_false(personal_opens(&changed));
    struct personal erased = {.hash = p.hash};
    assert_false(personal_opens(&erased));
    struct personal none = {};
    personal_seal(c, &none);
    assert_int_equal(none.hash.len, 0);
}

static void the_hash_of_a_personal_value_is_frozen(void **state)
{
    struct call *c = *state;
    struct personal p = {.value = S("abc"), .salt = S("0123456789abcdef")};
    personal_seal(c, &p);
    assert_true(
        str_eq(p.hash, S("7b155b0833ea674038a3ba496dd3691965eb1735879ea762bbb1d56ba9edb823")));
}

/* xorshift: the same samples in every run */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct str random_text(struct call *c, uint64_t *seed, size_t max, bool many_lines)
{
    static const char *const PIECES[] = {"a", " ", "\"", "\\", "Đ", "ế", "/", "😀", "0", "<", "漢"};
    struct sb sb = sb_new(c->arena, max);
    size_t count = next_random(seed) % (max + 1);
    for (size_t i = 0; i < count; i++) {
        if (many_lines && next_random(seed) % 8 == 0) sb_put(&sb, S("\n"));
        sb_put(&sb, str_of(PIECES[next_random(seed) % ARRAY_LEN(PIECES)]));
    }
    return sb_str(&sb);
}

static void scalar_fill(struct call *c, uint64_t *seed, const struct field *f, void *at)
{
    int64_t number = (int64_t)(next_random(seed) >> 11);
    switch (f->type) {
    case FIELD_TEXT:
        *(struct str *)at = random_text(c, seed, (size_t)f->max, false);
        if (f->max == 64) *(struct str *)at = S(HEX64); /* root of a file */
        if (f->required && str_trim(*(struct str *)at).len == 0) *(struct str *)at = S("x");
        return;
    case FIELD_LONG: *(struct str *)at = random_text(c, seed, 200, true); return;
    case FIELD_PERSONAL:
        ((struct personal *)at)->value = random_text(c, seed, (size_t)f->max, false);
        personal_seal(c, at);
        return;
    case FIELD_INT: *(int64_t *)at = f->max > 0 ? number % (f->max + 1) : number; return;
    case FIELD_BOOL: *(bool *)at = number % 2 == 0; return;
    case FIELD_DATE: *(int64_t *)at = TIME_DAY_MIN + number % (TIME_DAY_MAX - TIME_DAY_MIN); return;
    case FIELD_INSTANT: *(int64_t *)at = number % (TIME_DAY_MAX * TIME_DAY_MS); return;
    case FIELD_CHOICE: *(int64_t *)at = number % 4; return;
    case FIELD_RECORD:
    case FIELD_PERSON: *(struct str *)at = S(RECORD); return;
    case FIELD_OFFICE: *(struct str *)at = S(OFFICE); return;
    case FIELD_FILES:
    case FIELD_LIST: break;
    }
    ensure(false);
}

static void table_fill(struct call *c, uint64_t *seed, const struct field_table *table, void *to)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (field_is_list(f)) continue;
        if (!f->required && next_random(seed) % 3 == 0) continue;
        scalar_fill(c, seed, f, (char *)to + f->offset);
    }
}

static void list_fill(struct call *c, uint64_t *seed, const struct field *f, struct list *to)
{
    const struct field_table *table = field_rows_table(f);
    to->count = next_random(seed) % 5;
    to->rows = arena_array(c->arena, to->count, table->size);
    for (size_t i = 0; i < to->count; i++) {
        table_fill(c, seed, table, (char *)to->rows + i * table->size);
    }
}

static void random_records_go_there_and_back_as_the_same_bytes(void **state)
{
    (void)state;
    uint64_t seed = 20261125;
    for (int round = 0; round < 2000; round++) {
        struct call c = call_begin(env_real(), NULL, NULL);
        struct sample first = {};
        table_fill(&c, &seed, &SAMPLE_TABLE, &first);
        list_fill(&c, &seed, field_find(&SAMPLE_TABLE, S("files")), &first.files);
        list_fill(&c, &seed, field_find(&SAMPLE_TABLE, S("points")), &first.points);
        fields_check(&c, &SAMPLE_TABLE, &first);
        assert_int_equal(c.failure.problem_count, 0);
        struct sb written = sb_new(c.arena, 0);
        fields_write(&written, &SAMPLE_TABLE, &first);
        struct sample second = read_ok(&c, sb_str(&written));
        assert_written(&c, &second, sb_str(&written));
        call_end(&c);
    }
}

static void form_text_goes_there_and_back(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int round = 0; round < 500; round++) {
        struct call c = call_begin(env_real(), NULL, NULL);
        struct sample first = {};
        struct sample second = {};
        table_fill(&c, &seed, &SAMPLE_TABLE, &first);
        first.title = str_trim(first.title);
        first.name.value = str_trim(first.name.value);
        for (size_t i = 0; i < SAMPLE_TABLE.count; i++) {
            const struct field *f = &SAMPLE_TABLE.fields[i];
            if (field_is_list(f)) continue;
            struct str text = field_get_text(c.arena, f, &first);
            field_set_text(&c, f, str_of(f->name), text, &second);
            bool blank = str_trim(text).len == 0;
            if (!blank) assert_true(str_eq(field_get_text(c.arena, f, &second), text));
        }
        assert_int_equal(c.failure.problem_count, 0);
        assert_int_equal(second.at_ms, first.at_ms);
        call_end(&c);
    }
}

/* Sets the field from text and returns the problem noted, or NULL. */
static const char *set(struct call *c, const char *name, struct str text, struct sample *to)
{
    call_clear(c);
    const struct field *f = field_find(&SAMPLE_TABLE, str_of(name));
    field_set_text(c, f, str_of(name), text, to);
    return c->failure.problem_count == 0 ? NULL : c->failure.problems[0].reason;
}

static void forms_are_read_as_people_type(void **state)
{
    struct call *c = *state;
    struct sample s = {};
    assert_null(set(c, "title", S("  Ti\u00ea\u0301ng  "), &s));
    assert_true(str_eq(s.title, S("Ti\u1ebfng")));
    assert_null(set(c, "body", S("a\r\nb\rc"), &s));
    assert_true(str_eq(s.body, S("a\nb\nc")));
    assert_null(set(c, "day", S("2/9/2026"), &s));
    assert_int_equal(s.day, time_day_of((struct date){2026, 9, 2}));
    assert_null(set(c, "day", S("2026-09-03"), &s));
    assert_int_equal(s.day, time_day_of((struct date){2026, 9, 3}));
    assert_null(set(c, "at", S("25/11/2026 10:04"), &s));
    assert_int_equal(s.at_ms, time_hanoi_midnight_ms(20782) + 604 * 60000);
    assert_null(set(c, "urgent", S("on"), &s));
    assert_true(s.urgent);
    assert_null(set(c, "urgent", S(""), &s));
    assert_false(s.urgent);
    assert_null(set(c, "grade", S("highest"), &s));
    assert_int_equal(s.grade, 3);
    assert_null(set(c, "name", S("A"), &s));
    personal_seal(c, &s.name);
    assert_null(set(c, "name", S("B"), &s));
    assert_int_equal(s.name.hash.len, 0);
}

static void what_a_form_cannot_mean_is_a_problem(void **state)
{
    struct call *c = *state;
    struct sample s = {.pages = 3};
    assert_string_equal(set(c, "pages", S("ba"), &s), "field.type");
    assert_string_equal(set(c, "day", S("30/2/2026"), &s), "field.type");
    assert_string_equal(set(c, "day", S("1/1/1970"), &s), "field.range");
    assert_string_equal(set(c, "at", S("10:04"), &s), "field.type");
    assert_string_equal(set(c, "grade", S("middle"), &s), "field.choice");
    assert_string_equal(set(c, "urgent", S("maybe"), &s), "field.type");
    assert_string_equal(set(c, "office", S("x"), &s), "field.type");
    assert_string_equal(set(c, "person", S(OFFICE), &s), "field.type");
    assert_string_equal(set(c, "title", S("\xff"), &s), "field.characters");
    assert_int_equal(s.pages, 3);
}

static void names_labels_and_choices_are_found(void **state)
{
    struct call *c = *state;
    assert_null(field_find(&SAMPLE_TABLE, S("titl")));
    assert_ptr_equal(field_find(&SAMPLE_TABLE, S("title")), &SAMPLE_FIELDS[0]);
    assert_true(
        str_eq(field_label(c->arena, &SAMPLE_TABLE, &SAMPLE_FIELDS[0]), S("field.sample.title")));
    assert_true(str_eq(field_label(c->arena, &SAMPLE_TABLE, &SAMPLE_FIELDS[3]), S("word.pages")));
    const struct field *grade = field_find(&SAMPLE_TABLE, S("grade"));
    assert_true(str_eq(field_choice_word(grade, 1), S("low")));
    assert_int_equal(field_choice_word(grade, 0).len, 0);
    assert_int_equal(field_choice_find(grade, S("highest")), 3);
    assert_int_equal(field_choice_find(grade, S("")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_call, close_call)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_type_is_read_and_written_as_the_same_bytes),
        TEST(a_combining_mark_may_follow_an_escape),
        TEST(empty_optional_fields_are_left_out),
        TEST(only_spaces_count_as_empty),
        TEST(malformed_json_is_refused_as_a_whole),
        TEST(a_refusal_says_where_in_the_users_language),
        TEST(depth_is_bounded),
        TEST(size_is_bounded),
        TEST(unknown_names_are_refused_or_ignored),
        TEST(a_wrong_type_is_a_problem_of_its_field),
        TEST(malformed_texts_are_problems_of_their_fields),
        TEST(every_limit_holds_and_one_more_does_not),
        TEST(rows_are_limited),
        TEST(all_problems_are_told_at_once_and_each_once),
        TEST(a_struct_filled_in_c_is_checked_alike),
        TEST(a_sealed_value_opens_only_with_its_salt),
        TEST(the_hash_of_a_personal_value_is_frozen),
        TEST(random_records_go_there_and_back_as_the_same_bytes),
        TEST(form_text_goes_there_and_back),
        TEST(forms_are_read_as_people_type),
        TEST(what_a_form_cannot_mean_is_a_problem),
        TEST(names_labels_and_choices_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
