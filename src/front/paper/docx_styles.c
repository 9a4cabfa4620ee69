#include "front/paper/docx.h"

#include "base/limits.h"

/* One look of a paragraph. Sizes are in half points, gaps in points; zero is the plain look. */
struct style {
    const char *id;
    const char *align;
    int size;
    int before;
    int after;
    int left_mm;
    bool bold;
    bool italic;
    bool indent; /* first line by 12.7 mm */
    bool next;   /* stays on the page of what follows */
};

/* Source: Decree 30/2020/ND-CP appendix I part II and the table of type sizes in part V. */
static const struct style STYLES[] = {
    {.id = "Parent", .align = "center", .size = 26},
    {.id = "Agency", .align = "center", .size = 26, .bold = true},
    {.id = "Nation", .align = "center", .size = 26, .bold = true},
    {.id = "Motto", .align = "center", .size = 28, .bold = true},
    {.id = "Number", .align = "center", .size = 26, .before = 6},
    {.id = "Place", .align = "center", .size = 28, .before = 6, .italic = true},
    {.id = "Title", .align = "center", .size = 28, .before = 18, .bold = true, .next = true},
    {.id = "Subject", .align = "center", .size = 28, .bold = true, .next = true},
    {.id = "To", .align = "center", .size = 28, .before = 6, .after = 6},
    {.id = "ToWord", .align = "left", .size = 28, .before = 6, .left_mm = 35, .next = true},
    {.id = "ToLine", .align = "left", .size = 28, .before = 3, .left_mm = 45},
    {.id = "Body", .align = "both", .size = 28, .before = 6, .indent = true},
    {.id = "Basis", .align = "both", .size = 28, .before = 6, .italic = true, .indent = true},
    {.id = "Section",
     .align = "both",
     .size = 28,
     .before = 6,
     .bold = true,
     .indent = true,
     .next = true},
    {.id = "TableTitle",
     .align = "center",
     .size = 26,
     .before = 6,
     .after = 6,
     .bold = true,
     .next = true},
    {.id = "Gap", .align = "left", .size = 12, .next = true},
    {.id = "Head",
     .align = "center",
     .size = 24,
     .before = 2,
     .after = 2,
     .bold = true,
     .next = true},
    {.id = "Group",
     .align = "left",
     .size = 24,
     .before = 2,
     .after = 2,
     .bold = true,
     .next = true},
    {.id = "CellLeft", .align = "left", .size = 24, .before = 2, .after = 2},
    {.id = "CellCentre", .align = "center", .size = 24, .before = 2, .after = 2},
    {.id = "CellRight", .align = "right", .size = 24, .before = 2, .after = 2},
    {.id = "TotalLeft", .align = "left", .size = 24, .before = 2, .after = 2, .bold = true},
    {.id = "TotalCentre", .align = "center", .size = 24, .before = 2, .after = 2, .bold = true},
    {.id = "TotalRight", .align = "right", .size = 24, .before = 2, .after = 2, .bold = true},
    {.id = "SignedAs", .align = "center", .size = 28, .bold = true, .next = true},
    {.id = "SignedBy", .align = "center", .size = 28, .bold = true},
    {.id = "RecipientsWord",
     .align = "left",
     .size = 24,
     .bold = true,
     .italic = true,
     .next = true},
    {.id = "Recipient", .align = "left", .size = 22},
    {.id = "PageNumber", .align = "center", .size = 26},
};

static const char HEAD[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<w:styles xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"
    "<w:docDefaults><w:rPrDefault><w:rPr>"
    "<w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\""
    " w:eastAsia=\"Times New Roman\" w:cs=\"Times New Roman\"/>"
    "<w:color w:val=\"000000\"/><w:sz w:val=\"28\"/><w:szCs w:val=\"28\"/>"
    "<w:lang w:val=\"vi-VN\" w:eastAsia=\"vi-VN\" w:bidi=\"ar-SA\"/>"
    "</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>"
    "<w:spacing w:before=\"0\" w:after=\"0\" w:line=\"240\" w:lineRule=\"auto\"/>"
    "</w:pPr></w:pPrDefault></w:docDefaults>"
    "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\">"
    "<w:name w:val=\"Normal\"/><w:qFormat/></w:style>";

static void style_put(struct sb *xml, const struct style *s)
{
    sb_printf(xml,
              "<w:style w:type=\"paragraph\" w:customStyle=\"1\" w:styleId=\"Paper%s\">"
              "<w:name w:val=\"Paper %s\"/><w:basedOn w:val=\"Normal\"/><w:pPr>%s",
              s->id, s->id, s->next ? "<w:keepNext/>" : "");
    sb_printf(xml, "<w:spacing w:before=\"%d\" w:after=\"%d\"/>", s->before * TWIPS_POINT,
              s->after * TWIPS_POINT);
    if (s->left_mm > 0) sb_printf(xml, "<w:ind w:left=\"%d\"/>", docx_twips(s->left_mm));
    if (s->indent) sb_put(xml, S("<w:ind w:firstLine=\"720\"/>"));
    sb_printf(xml, "<w:jc w:val=\"%s\"/></w:pPr><w:rPr>%s%s", s->align,
              s->bold ? "<w:b/><w:bCs/>" : "", s->italic ? "<w:i/><w:iCs/>" : "");
    sb_printf(xml, "<w:sz w:val=\"%d\"/><w:szCs w:val=\"%d\"/></w:rPr></w:style>", s->size,
              s->size);
}

struct str docx_styles(struct call *c)
{
    struct sb xml = sb_new(c->arena, LIMIT_PAPER_BYTES);
    sb_put(&xml, str_of(HEAD));
    for (size_t i = 0; i < ARRAY_LEN(STYLES); i++)
        style_put(&xml, &STYLES[i]);
    sb_put(&xml, S("</w:styles>"));
    return sb_str(&xml);
}
