#include "front/paper/xlsx_looks.h"

static const char FONT[] = "Times New Roman";

struct look {
    const char *number_format;
    uint8_t align;
    uint8_t size;
    bool bold;
    bool italic;
    bool lined; /* a cell of the table */
    bool top;   /* else in the middle */
};

enum { LEFT = LXW_ALIGN_LEFT, CENTRE = LXW_ALIGN_CENTER, RIGHT = LXW_ALIGN_RIGHT };

/* Sizes follow Decree 30/2020/ND-CP appendix I as far as a sheet allows. */
static const struct look LOOKS[LOOK_CELL] = {
    [LOOK_PARENT] = {.align = CENTRE, .size = 12},
    [LOOK_AGENCY] = {.align = CENTRE, .size = 12, .bold = true},
    [LOOK_NATION] = {.align = CENTRE, .size = 12, .bold = true},
    [LOOK_NUMBER] = {.align = CENTRE, .size = 13},
    [LOOK_PLACE] = {.align = CENTRE, .size = 13, .italic = true},
    [LOOK_TITLE] = {.align = CENTRE, .size = 14, .bold = true},
    [LOOK_SUBJECT] = {.align = CENTRE, .size = 13, .bold = true},
    [LOOK_BODY] = {.align = LEFT, .size = 13, .top = true},
    [LOOK_BASIS] = {.align = LEFT, .size = 13, .italic = true, .top = true},
    [LOOK_SECTION] = {.align = LEFT, .size = 13, .bold = true},
    [LOOK_TABLE_TITLE] = {.align = CENTRE, .size = 13, .bold = true},
    [LOOK_HEAD] = {.align = CENTRE, .size = 12, .bold = true, .lined = true},
    [LOOK_GROUP] = {.align = LEFT, .size = 12, .bold = true, .lined = true},
    [LOOK_RECIPIENTS] = {.align = LEFT, .size = 12, .bold = true, .italic = true},
    [LOOK_RECIPIENT] = {.align = LEFT, .size = 11, .top = true},
    [LOOK_SIGNED] = {.align = CENTRE, .size = 13, .bold = true, .top = true},
};

/* In the order of their first looks. */
static const struct look CELL_LOOKS[] = {
    {.size = 12, .lined = true, .top = true},
    {"dd/mm/yyyy", .size = 12, .lined = true, .top = true},
    {"#,##0", .size = 12, .lined = true, .top = true},
    {.size = 12, .bold = true, .lined = true, .top = true},
    {"dd/mm/yyyy", .size = 12, .bold = true, .lined = true, .top = true},
    {"#,##0", .size = 12, .bold = true, .lined = true, .top = true},
};

static_assert(ARRAY_LEN(CELL_LOOKS) * 3 == LOOK_COUNT - LOOK_CELL);

static struct look look_of(size_t i)
{
    static const uint8_t ALIGNS[] = {LEFT, CENTRE, RIGHT};
    if (i < LOOK_CELL) return LOOKS[i];
    struct look look = CELL_LOOKS[(i - LOOK_CELL) / 3];
    look.align = ALIGNS[(i - LOOK_CELL) % 3];
    return look;
}

static void look_set(lxw_format *format, const struct look *look)
{
    ensure(look->size > 0);
    format_set_font_name(format, FONT);
    format_set_font_size(format, look->size);
    if (look->bold) format_set_bold(format);
    if (look->italic) format_set_italic(format);
    format_set_align(format, look->align);
    format_set_align(format, look->top ? LXW_ALIGN_VERTICAL_TOP : LXW_ALIGN_VERTICAL_CENTER);
    format_set_text_wrap(format);
    if (look->lined) format_set_border(format, LXW_BORDER_THIN);
    if (look->number_format != NULL) format_set_num_format(format, look->number_format);
}

bool xlsx_looks(lxw_workbook *workbook, lxw_format *ret_looks[LOOK_COUNT])
{
    format_set_font_name(STAILQ_FIRST(workbook->formats), FONT);
    for (size_t i = 0; i < LOOK_COUNT; i++) {
        struct look look = look_of(i);
        lxw_format *format = workbook_add_format(workbook);
        if (format == NULL) return false;
        look_set(format, &look);
        ret_looks[i] = format;
    }
    return true;
}
