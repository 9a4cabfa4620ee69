#include "base/field.h"

#include "base/id.h"
#include "base/time.h"
#include "base/utf8.h"

/* Browsers send line ends as \r\n. */
static struct str line_ends(struct arena *arena, struct str text)
{
    struct sb sb = sb_new(arena, text.len + 1);
    struct str rest = text;
    struct str head = {};
    while (str_cut(rest, '\r', &head, &rest)) {
        sb_put(&sb, head);
        if (!str_starts(rest, S("\n"))) sb_char(&sb, '\n');
    }
    sb_put(&sb, head);
    return sb_str(&sb);
}

static const char *text_set(struct arena *arena, struct str text, struct str *to)
{
    if (!utf8_valid(text) || text.len > UTF8_BYTES_MAX) return "field.characters";
    *to = str_copy(arena, utf8_nfc(arena, text));
    return NULL;
}

static const char *bool_set(struct str text, bool *to)
{
    bool yes = str_eq(text, S("on")) || str_eq(text, S("1")) || str_eq(text, S("true"));
    bool no =
        text.len == 0 || str_eq(text, S("off")) || str_eq(text, S("0")) || str_eq(text, S("false"));
    if (!yes && !no) return "field.type";
    *to = yes;
    return NULL;
}

static const char *day_set(struct str text, int64_t *to)
{
    int64_t day = 0;
    if (!time_parse_day_vn(text, &day) && !time_parse_day(text, &day)) return "field.type";
    if (day == 0) return "field.range"; /* 0 means none */
    *to = day;
    return NULL;
}

static const char *instant_set(struct str text, int64_t *to)
{
    int64_t ms = 0;
    if (!time_hanoi_parse(text, &ms) && !time_parse_instant(text, &ms)) return "field.type";
    if (ms == 0) return "field.range"; /* 0 means none */
    *to = ms;
    return NULL;
}

static const char *id_set(struct arena *arena, const struct field *f, struct str text,
                          struct str *to)
{
    bool is_id = f->type == FIELD_OFFICE ? id_is_office(text) : id_is_record(text);
    if (!is_id) return "field.type";
    *to = str_copy(arena, text);
    return NULL;
}

/* Sets what is left blank: to nothing. A number has no nothing, so it must be typed if required. */
static const char *blank_set(const struct field *f, void *at)
{
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_RECORD:
    case FIELD_OFFICE:
    case FIELD_PERSON: *(struct str *)at = (struct str){}; return NULL;
    case FIELD_PERSONAL: *(struct personal *)at = (struct personal){}; return NULL;
    case FIELD_INT: *(int64_t *)at = 0; return f->required ? "field.required" : NULL;
    case FIELD_DATE:
    case FIELD_INSTANT:
    case FIELD_CHOICE: *(int64_t *)at = 0; return NULL;
    case FIELD_BOOL: *(bool *)at = false; return NULL;
    case FIELD_FILES:
    case FIELD_LIST: break;
    }
    ensure(false); /* not for lists and files */
    return NULL;
}

static const char *value_set(struct arena *arena, const struct field *f, struct str text, void *at)
{
    struct str line = str_trim(text);
    if (line.len == 0) return blank_set(f, at);
    switch (f->type) {
    case FIELD_TEXT: return text_set(arena, line, at);
    case FIELD_LONG: return text_set(arena, line_ends(arena, text), at);
    case FIELD_PERSONAL: {
        struct personal *p = at;
        *p = (struct personal){}; /* salt and hash belonged to the old value */
        return text_set(arena, line, &p->value);
    }
    case FIELD_INT: return parse_int(line, INT64_MIN, INT64_MAX, at) ? NULL : "field.type";
    case FIELD_BOOL: return bool_set(line, at);
    case FIELD_DATE: return day_set(line, at);
    case FIELD_INSTANT: return instant_set(line, at);
    case FIELD_CHOICE: {
        int64_t index = field_choice_find(f, line);
        if (index == 0) return "field.choice";
        *(int64_t *)at = index;
        return NULL;
    }
    case FIELD_RECORD:
    case FIELD_OFFICE:
    case FIELD_PERSON: return id_set(arena, f, line, at);
    case FIELD_FILES:
    case FIELD_LIST: break;
    }
    ensure(false); /* not for lists and files */
    return NULL;
}

void field_set_text(struct call *c, const struct field *f, struct str path, struct str text,
                    void *to)
{
    const char *reason = value_set(c->arena, f, text, (char *)to + f->offset);
    if (reason != NULL) problem(c, path, reason);
}

static struct str instant_text(struct arena *arena, int64_t ms)
{
    if (ms % 60000 != 0) return time_format_instant(arena, ms); /* no part may get lost */
    return time_hanoi_format(arena, ms, LANG_VI);
}

struct str field_get_text(struct arena *arena, const struct field *f, const void *from)
{
    const void *at = (const char *)from + f->offset;
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_RECORD:
    case FIELD_OFFICE:
    case FIELD_PERSON: return *(const struct str *)at;
    case FIELD_PERSONAL: return ((const struct personal *)at)->value;
    case FIELD_INT: return str_format(arena, "%lld", (long long)*(const int64_t *)at);
    case FIELD_BOOL: return *(const bool *)at ? S("true") : (struct str){};
    case FIELD_DATE: {
        int64_t day = *(const int64_t *)at;
        return day == 0 ? (struct str){} : time_format_day_vn(arena, day);
    }
    case FIELD_INSTANT: {
        int64_t ms = *(const int64_t *)at;
        return ms == 0 ? (struct str){} : instant_text(arena, ms);
    }
    case FIELD_CHOICE: return field_choice_word(f, *(const int64_t *)at);
    case FIELD_FILES:
    case FIELD_LIST: break;
    }
    ensure(false); /* not for lists and files */
    return (struct str){};
}
