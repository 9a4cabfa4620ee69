#include "front/paper/docx.h"

#include "base/limits.h"
#include "front/papers/papers.h"

/* A4 and its margins. Source: Decree 30/2020/ND-CP appendix I part I section I. */
enum { PAGE_SHORT = 11906, PAGE_LONG = 16838 };
enum { MARGIN_LEFT_MM = 30, MARGIN_RIGHT_MM = 15, MARGIN_TOP_MM = 20, MARGIN_BOTTOM_MM = 20 };

/* The left block takes two fifths of the page, which leaves the national title on one line. */
enum { LEFT_PARTS = 40, ALL_PARTS = 100 };
enum { RULE_MOTTO_MM = 63 };       /* as long as the motto in its type */
enum { LETTER_CAPITAL_UM = 3200 }; /* mean width of a bold capital of 13 points */
enum { LETTER_SMALL_UM = 2600 };   /* mean width of a bold letter of 14 points */
enum { CELL_MARGIN = 85, CELL_LETTER_UM = 2100, CELL_LINES_TOGETHER = 15 };

static const char HEAD[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
    " xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><w:body>";

int docx_twips(int mm)
{
    return mm * 1440 * 10 / 254;
}

struct docx_page docx_page(const struct paper *paper)
{
    bool upright = paper->turn == PAPER_PORTRAIT;
    int width = upright ? PAGE_SHORT : PAGE_LONG;
    return (struct docx_page){
        .width = width,
        .height = upright ? PAGE_LONG : PAGE_SHORT,
        .text_width = width - docx_twips(MARGIN_LEFT_MM) - docx_twips(MARGIN_RIGHT_MM),
    };
}

static void put(struct sb *xml, const char *markup)
{
    sb_put(xml, str_of(markup));
}

void docx_text(struct sb *xml, struct str text)
{
    size_t i = 0;
    while (i < text.len) {
        size_t dropped = papers_unprintable(text, i);
        char ch = text.ptr[i];
        i += dropped > 0 ? dropped : 1;
        if (dropped > 0) continue;
        switch (ch) {
        case '&': put(xml, "&amp;"); break;
        case '<': put(xml, "&lt;"); break;
        case '>': put(xml, "&gt;"); break;
        case '"': put(xml, "&quot;"); break;
        case '\'': put(xml, "&#39;"); break;
        case '\t': sb_char(xml, ' '); break;
        default: sb_char(xml, ch); break;
        }
    }
}

static void paragraph(struct sb *xml, const char *style, struct str line)
{
    sb_printf(xml, "<w:p><w:pPr><w:pStyle w:val=\"Paper%s\"/></w:pPr>", style);
    if (line.len > 0) {
        put(xml, "<w:r><w:t xml:space=\"preserve\">");
        docx_text(xml, line);
        put(xml, "</w:t></w:r>");
    }
    put(xml, "</w:p>");
}

/* One paragraph for each line; an empty text is one empty paragraph, which a cell must have. */
static void paragraphs(struct sb *xml, const char *style, struct str text)
{
    struct str line = {};
    struct str rest = text;
    bool more = true;
    while (more) {
        more = str_cut(rest, '\n', &line, &rest);
        paragraph(xml, style, line);
    }
}

/* What was taken out is struck through, what came in underlined: it holds on paper without colour.
 */
static void runs(struct sb *xml, const char *style, const struct paper_cell *cell)
{
    static const char *const MARKS[] = {"", "<w:rPr><w:strike/></w:rPr>",
                                        "<w:rPr><w:b/><w:u w:val=\"single\"/></w:rPr>"};
    sb_printf(xml, "<w:p><w:pPr><w:pStyle w:val=\"Paper%s\"/></w:pPr>", style);
    for (size_t i = 0; i < cell->run_count; i++) {
        struct str line = {};
        struct str rest = cell->runs[i].text;
        bool more = true;
        while (more) {
            more = str_cut(rest, '\n', &line, &rest);
            sb_printf(xml, "<w:r>%s<w:t xml:space=\"preserve\">", MARKS[cell->runs[i].mark]);
            docx_text(xml, line);
            put(xml, "</w:t></w:r>");
            if (more) put(xml, "<w:r><w:br/></w:r>");
        }
    }
    put(xml, "</w:p>");
}

static void paragraphs_if(struct sb *xml, const char *style, struct str text)
{
    if (text.len > 0) paragraphs(xml, style, text);
}

/* A rule in the middle of its column: the upper border of a thin paragraph. */
static void rule(struct sb *xml, int column_width, int length)
{
    int side = (column_width - length) / 2;
    sb_printf(xml,
              "<w:p><w:pPr><w:keepNext/><w:pBdr><w:top w:val=\"single\" w:sz=\"6\" w:space=\"1\""
              " w:color=\"000000\"/></w:pBdr><w:spacing w:before=\"70\" w:line=\"60\""
              " w:lineRule=\"exact\"/><w:ind w:left=\"%d\" w:right=\"%d\"/></w:pPr></w:p>",
              side, side);
}

/* Two fifths of the last line's length, within the one third to one half of the decree. */
static int rule_length(struct str text, int letter_um, int column_width)
{
    struct str line = {};
    struct str rest = text;
    bool more = true;
    while (more)
        more = str_cut(rest, '\n', &line, &rest);
    size_t letters = papers_letters(line);
    if (letters > 100) letters = 100;
    int length = docx_twips((int)letters * letter_um / 1000);
    if (length > column_width) length = column_width;
    return length * 2 / 5;
}

/* Starts a table without lines, as the head and the foot of a paper are set. */
static void frame_open(struct sb *xml, int left, int right)
{
    sb_printf(xml,
              "<w:tbl><w:tblPr><w:tblW w:w=\"%d\" w:type=\"dxa\"/><w:tblInd w:w=\"0\""
              " w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"0\""
              " w:type=\"dxa\"/><w:right w:w=\"0\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr>"
              "<w:tblGrid><w:gridCol w:w=\"%d\"/><w:gridCol w:w=\"%d\"/></w:tblGrid>",
              left + right, left, right);
}

static void cell_open(struct sb *xml, int width)
{
    sb_printf(xml, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/></w:tcPr>", width);
}

static void head(struct call *c, struct sb *xml, const struct paper *paper)
{
    int left = docx_page(paper).text_width * LEFT_PARTS / ALL_PARTS;
    int right = docx_page(paper).text_width - left;
    struct str agency = papers_capitals(c->arena, paper->agency);
    frame_open(xml, left, right);
    put(xml, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
    cell_open(xml, left);
    paragraphs_if(xml, "Parent", papers_capitals(c->arena, paper->parent));
    paragraphs(xml, "Agency", agency);
    if (agency.len > 0) rule(xml, left, rule_length(agency, LETTER_CAPITAL_UM, left));
    put(xml, "</w:tc>");
    cell_open(xml, right);
    paragraph(xml, "Nation", papers_word(S("paper.nation")));
    paragraph(xml, "Motto", papers_word(S("paper.motto")));
    rule(xml, right, docx_twips(RULE_MOTTO_MM));
    put(xml, "</w:tc></w:tr><w:tr><w:trPr><w:cantSplit/></w:trPr>");
    cell_open(xml, left);
    paragraphs(xml, "Number", papers_number(c->arena, paper));
    put(xml, "</w:tc>");
    cell_open(xml, right);
    paragraphs(xml, "Place", papers_place_day(c->arena, paper));
    put(xml, "</w:tc></w:tr></w:tbl>");
}

/* One addressee stands in the line of the word, several stand below it, each with a dash. */
static void addressees(struct call *c, struct sb *xml, const struct paper *paper)
{
    if (paper->addressees.len == 0) return;
    struct str line = {};
    struct str rest = {};
    bool more = str_cut(paper->addressees, '\n', &line, &rest);
    struct str word = papers_word(S("paper.addressees"));
    if (!more) {
        paragraph(xml, "To", str_format(c->arena, "%.*s %.*s", STR_ARG(word), STR_ARG(line)));
        return;
    }
    paragraph(xml, "ToWord", word);
    rest = paper->addressees;
    while (more) {
        more = str_cut(rest, '\n', &line, &rest);
        paragraph(xml, "ToLine", str_format(c->arena, "- %.*s", STR_ARG(line)));
    }
}

static void title(struct call *c, struct sb *xml, const struct paper *paper)
{
    int width = docx_page(paper).text_width;
    struct str name = papers_capitals(c->arena, paper->title);
    paragraphs_if(xml, "Title", name);
    paragraphs_if(xml, "Subject", paper->subject);
    if (name.len > 0 || paper->subject.len > 0) {
        struct str last = paper->subject.len > 0 ? paper->subject : name;
        rule(xml, width, rule_length(last, LETTER_SMALL_UM, width));
    }
    paragraph(xml, "Gap", (struct str){});
    addressees(c, xml, paper);
}

static const char *part_style(enum paper_part_kind kind)
{
    switch (kind) {
    case PAPER_BODY: return "Body";
    case PAPER_BASIS: return "Basis";
    case PAPER_HEADING: return "Section";
    }
    ensure(false); /* the enumeration is closed */
}

/* A part under its bookmark. Each paragraph has one of its own: LibreOffice shortens one that goes
 * over several. */
static void marked(struct sb *xml, const struct paper_part *part, size_t *id)
{
    const char *style = part_style(part->kind);
    struct str line = {};
    struct str rest = part->text;
    bool more = true;
    for (size_t i = 1; more; i++) {
        more = str_cut(rest, '\n', &line, &rest);
        sb_printf(xml,
                  "<w:p><w:pPr><w:pStyle w:val=\"Paper%s\"/></w:pPr><w:bookmarkStart w:id=\"%zu\""
                  " w:name=\"%.*s",
                  style, ++*id, STR_ARG(part->mark));
        if (i > 1) sb_printf(xml, "_%zu", i);
        put(xml, "\"/><w:r><w:t xml:space=\"preserve\">");
        docx_text(xml, line);
        sb_printf(xml, "</w:t></w:r><w:bookmarkEnd w:id=\"%zu\"/></w:p>", *id);
    }
}

static void parts(struct sb *xml, const struct paper_parts *list)
{
    size_t id = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct paper_part *part = &list->parts[i];
        if (part->mark.len > 0) {
            marked(xml, part, &id);
        } else {
            paragraphs(xml, part_style(part->kind), part->text);
        }
    }
}

/* The columns' widths in twips, narrowed to the page. Returns their sum. */
static int column_widths(const struct paper_table *table, int page_width,
                         int ret_widths[PAPER_COLUMNS_MAX])
{
    int64_t wanted = 0;
    for (size_t i = 0; i < table->column_count; i++)
        wanted += docx_twips(table->columns[i].width_mm);
    int sum = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        int64_t width = docx_twips(table->columns[i].width_mm);
        if (wanted > page_width) width = width * page_width / wanted;
        ret_widths[i] = (int)width;
        sum += (int)width;
    }
    return sum;
}

static const char *cell_style(const struct paper_table *table, const struct paper_row *row,
                              size_t column)
{
    static const char *const PLAIN[] = {"CellLeft", "CellCentre", "CellRight"};
    static const char *const TOTAL[] = {"TotalLeft", "TotalCentre", "TotalRight"};
    if (row->kind == PAPER_GROUP) return "Group";
    enum paper_align align = table->columns[column].align;
    return row->kind == PAPER_TOTAL ? TOTAL[align] : PLAIN[align];
}

/* A short row stays whole; a long one may run over the page's end, or it would leave a large gap
 * before it and be cut when it is longer than a page. */
static bool row_is_short(const struct paper_table *table, const struct paper_row *row,
                         const int widths[PAPER_COLUMNS_MAX])
{
    if (row->kind == PAPER_GROUP) return true;
    for (size_t i = 0; i < table->column_count; i++) {
        struct str text = row->cells[i].text;
        size_t line_letters = (size_t)widths[i] * 254 / 1440 * 100 / CELL_LETTER_UM + 1;
        size_t lines = papers_letters(text) / line_letters;
        for (size_t k = 0; k < text.len; k++)
            lines += text.ptr[k] == '\n' ? 1 : 0;
        if (lines > CELL_LINES_TOGETHER) return false;
    }
    return true;
}

static void table_row(struct call *c, struct sb *xml, const struct paper_table *table,
                      const struct paper_row *row, const int widths[PAPER_COLUMNS_MAX])
{
    put(xml, row_is_short(table, row, widths) ? "<w:tr><w:trPr><w:cantSplit/></w:trPr>" : "<w:tr>");
    bool group = row->kind == PAPER_GROUP;
    int sum = 0;
    for (size_t i = 0; i < table->column_count; i++)
        sum += widths[i];
    for (size_t i = 0; i < (group ? 1 : table->column_count); i++) {
        sb_printf(xml, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>", group ? sum : widths[i]);
        if (group) sb_printf(xml, "<w:gridSpan w:val=\"%zu\"/>", table->column_count);
        put(xml, "</w:tcPr>");
        const struct paper_cell *cell = &row->cells[i];
        if (cell->run_count > 0) {
            runs(xml, cell_style(table, row, i), cell);
        } else {
            paragraphs(xml, cell_style(table, row, i), papers_cell(c->arena, cell));
        }
        put(xml, "</w:tc>");
    }
    put(xml, "</w:tr>");
}

static void table_head(struct sb *xml, const struct paper_table *table,
                       const int widths[PAPER_COLUMNS_MAX])
{
    put(xml, "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
    for (size_t i = 0; i < table->column_count; i++) {
        sb_printf(xml, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>", widths[i]);
        put(xml, "<w:vAlign w:val=\"center\"/></w:tcPr>");
        paragraphs(xml, "Head", table->columns[i].heading);
        put(xml, "</w:tc>");
    }
    put(xml, "</w:tr>");
}

static void table_open(struct sb *xml, int sum)
{
    static const char *const SIDES[] = {"top", "left", "bottom", "right", "insideH", "insideV"};
    sb_printf(xml, "<w:tbl><w:tblPr><w:tblW w:w=\"%d\" w:type=\"dxa\"/><w:jc w:val=\"center\"/>",
              sum);
    put(xml, "<w:tblBorders>");
    for (size_t i = 0; i < ARRAY_LEN(SIDES); i++) {
        sb_printf(xml, "<w:%s w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>",
                  SIDES[i]);
    }
    sb_printf(xml,
              "</w:tblBorders><w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"%d\""
              " w:type=\"dxa\"/><w:right w:w=\"%d\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr>",
              CELL_MARGIN, CELL_MARGIN);
}

static void table_put(struct call *c, struct sb *xml, const struct paper *paper,
                      const struct paper_table *table)
{
    if (table->column_count == 0) return;
    int widths[PAPER_COLUMNS_MAX] = {};
    int sum = column_widths(table, docx_page(paper).text_width, widths);
    paragraph(xml, "Gap", (struct str){}); /* two tables that touch would become one */
    paragraphs_if(xml, "TableTitle", table->title);
    table_open(xml, sum);
    put(xml, "<w:tblGrid>");
    for (size_t i = 0; i < table->column_count; i++) {
        sb_printf(xml, "<w:gridCol w:w=\"%d\"/>", widths[i]);
    }
    put(xml, "</w:tblGrid>");
    table_head(xml, table, widths);
    for (size_t i = 0; i < table->row_count && !xml->over; i++) {
        table_row(c, xml, table, &table->rows[i], widths);
    }
    put(xml, "</w:tbl>");
}

static void foot(struct call *c, struct sb *xml, const struct paper *paper)
{
    enum { LINES_FOR_THE_HAND = 4 };
    if (paper->recipients.len + paper->signed_as.len + paper->signed_by.len == 0) return;
    int half = docx_page(paper).text_width / 2;
    paragraph(xml, "Gap", (struct str){});
    frame_open(xml, half, half);
    put(xml, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
    cell_open(xml, half);
    if (paper->recipients.len > 0) {
        paragraph(xml, "RecipientsWord", papers_word(S("paper.recipients")));
    }
    paragraphs(xml, "Recipient", paper->recipients);
    put(xml, "</w:tc>");
    cell_open(xml, half);
    paragraphs(xml, "SignedAs", papers_capitals(c->arena, paper->signed_as));
    for (size_t i = 0; i < LINES_FOR_THE_HAND; i++)
        paragraph(xml, "SignedAs", (struct str){});
    paragraphs(xml, "SignedBy", paper->signed_by);
    put(xml, "</w:tc></w:tr></w:tbl>");
}

static void section(struct sb *xml, const struct paper *paper)
{
    struct docx_page page = docx_page(paper);
    /* Every body ends in a paragraph: a table may not stand last. titlePg without a header of the
     * first page leaves that page unnumbered. */
    put(xml, "<w:p><w:pPr><w:spacing w:line=\"20\" w:lineRule=\"exact\"/></w:pPr></w:p><w:sectPr>");
    put(xml, "<w:headerReference w:type=\"default\" r:id=\"rId3\"/>");
    sb_printf(xml, "<w:pgSz w:w=\"%d\" w:h=\"%d\"%s/>", page.width, page.height,
              paper->turn == PAPER_LANDSCAPE ? " w:orient=\"landscape\"" : "");
    sb_printf(xml,
              "<w:pgMar w:top=\"%d\" w:right=\"%d\" w:bottom=\"%d\" w:left=\"%d\" w:header=\"567\""
              " w:footer=\"567\" w:gutter=\"0\"/><w:titlePg/></w:sectPr>",
              docx_twips(MARGIN_TOP_MM), docx_twips(MARGIN_RIGHT_MM), docx_twips(MARGIN_BOTTOM_MM),
              docx_twips(MARGIN_LEFT_MM));
}

struct str docx_document(struct call *c, const struct paper *paper)
{
    struct sb xml = sb_new(c->arena, LIMIT_PAPER_BYTES);
    put(&xml, HEAD);
    head(c, &xml, paper);
    title(c, &xml, paper);
    parts(&xml, &paper->intro);
    for (size_t i = 0; i < paper->table_count; i++)
        table_put(c, &xml, paper, paper->tables[i]);
    if (paper->table_count > 0) paragraph(&xml, "Gap", (struct str){});
    parts(&xml, &paper->closing);
    foot(c, &xml, paper);
    section(&xml, paper);
    put(&xml, "</w:body></w:document>");
    return xml.over ? (struct str){} : sb_str(&xml);
}
