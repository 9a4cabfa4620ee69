#include "front/paper/docx.h"

#include "base/limits.h"
#include "base/time.h"
#include "front/papers/papers.h"

#include <zip.h>

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define OFFICE "http://schemas.openxmlformats.org/"
#define WORD "application/vnd.openxmlformats-officedocument.wordprocessingml."

static const char CONTENT_TYPES[] =
    XML_HEAD "<Types xmlns=\"" OFFICE "package/2006/content-types\">"
             "<Default Extension=\"rels\""
             " ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
             "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
             "<Override PartName=\"/word/document.xml\" ContentType=\"" WORD "document.main+xml\"/>"
             "<Override PartName=\"/word/styles.xml\" ContentType=\"" WORD "styles+xml\"/>"
             "<Override PartName=\"/word/settings.xml\" ContentType=\"" WORD "settings+xml\"/>"
             "<Override PartName=\"/word/header1.xml\" ContentType=\"" WORD "header+xml\"/>"
             "<Override PartName=\"/docProps/core.xml\""
             " ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>"
             "</Types>";

static const char PACKAGE_RELATIONS[] = XML_HEAD
    "<Relationships xmlns=\"" OFFICE "package/2006/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"" OFFICE "officeDocument/2006/relationships/officeDocument\""
    " Target=\"word/document.xml\"/>"
    "<Relationship Id=\"rId2\" Type=\"" OFFICE
    "package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>"
    "</Relationships>";

static const char DOCUMENT_RELATIONS[] = XML_HEAD
    "<Relationships xmlns=\"" OFFICE "package/2006/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"" OFFICE "officeDocument/2006/relationships/styles\""
    " Target=\"styles.xml\"/>"
    "<Relationship Id=\"rId2\" Type=\"" OFFICE "officeDocument/2006/relationships/settings\""
    " Target=\"settings.xml\"/>"
    "<Relationship Id=\"rId3\" Type=\"" OFFICE "officeDocument/2006/relationships/header\""
    " Target=\"header1.xml\"/></Relationships>";

/* Compatibility mode 15 is the layout of today: without it Word opens the file as an old one. */
static const char SETTINGS[] =
    XML_HEAD "<w:settings xmlns:w=\"" OFFICE "wordprocessingml/2006/main\">"
             "<w:zoom w:percent=\"100\"/><w:defaultTabStop w:val=\"720\"/>"
             "<w:characterSpacingControl w:val=\"doNotCompress\"/><w:compat><w:compatSetting"
             " w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\""
             " w:val=\"15\"/></w:compat><w:themeFontLang w:val=\"vi-VN\"/></w:settings>";

static const char PAGE_HEADER[] = XML_HEAD
    "<w:hdr xmlns:w=\"" OFFICE "wordprocessingml/2006/main\"><w:p><w:pPr>"
    "<w:pStyle w:val=\"PaperPageNumber\"/></w:pPr><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>"
    "<w:r><w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>"
    "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>2</w:t></w:r>"
    "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p></w:hdr>";

static void property_put(struct sb *xml, const char *name, struct str text)
{
    sb_printf(xml, "<%s>", name);
    docx_text(xml, text);
    sb_printf(xml, "</%s>", name);
}

static void instant_put(struct sb *xml, const char *name, struct str instant)
{
    sb_printf(xml, "<dcterms:%s xsi:type=\"dcterms:W3CDTF\">%.*s</dcterms:%s>", name,
              STR_ARG(instant), name);
}

struct str docx_properties(struct call *c, const struct paper *paper)
{
    struct sb xml = sb_new(c->arena, LIMIT_PAPER_BYTES);
    struct str instant = time_format_instant(c->arena, paper->made_ms);
    size_t whole_s = str_find(instant, S("."), 0);
    struct str made = str_format(c->arena, "%.*sZ", STR_ARG(str_sub(instant, 0, whole_s)));
    bool titled = paper->title.len > 0 && paper->subject.len > 0;
    struct str name = str_format(c->arena, "%.*s%s%.*s", STR_ARG(paper->title), titled ? " " : "",
                                 STR_ARG(paper->subject));
    sb_put(&xml, S(XML_HEAD "<cp:coreProperties xmlns:cp=\"" OFFICE
                            "package/2006/metadata/core-properties\""
                            " xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
                            " xmlns:dcterms=\"http://purl.org/dc/terms/\""
                            " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"));
    property_put(&xml, "dc:title", name);
    property_put(&xml, "dc:creator", paper->agency);
    instant_put(&xml, "created", made);
    instant_put(&xml, "modified", made);
    property_put(&xml, "dc:language", S("vi-VN"));
    sb_put(&xml, S("</cp:coreProperties>"));
    return sb_str(&xml);
}

/* One file of the package. Order is part of the bytes; readers look for the first one first. */
struct part {
    const char *name;
    struct str bytes;
};

/* The archive's clock is that of 1980 for every file, so that time zones cannot change the bytes;
 * when the paper was made stands in its properties. */
enum { DOS_DATE_1980 = (0 << 9) | (1 << 5) | 1, DOS_TIME_MIDNIGHT = 0 };

static bool part_add(zip_t *zip, const struct part *part)
{
    zip_source_t *source = zip_source_buffer(zip, part->bytes.ptr, part->bytes.len, 0);
    if (source == NULL) return false;
    zip_int64_t index = zip_file_add(zip, part->name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_file_set_dostime(zip, (zip_uint64_t)index, DOS_TIME_MIDNIGHT, DOS_DATE_1980, 0) == 0;
}

static bool parts_write(zip_source_t *target, const struct part *parts, size_t count)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_keep(target); /* closing the archive lets go of one reference */
    zip_t *zip = zip_open_from_source(target, ZIP_TRUNCATE, &error);
    zip_error_fini(&error);
    if (zip == NULL) {
        zip_source_free(target);
        return false;
    }
    bool added = true;
    for (size_t i = 0; i < count && added; i++)
        added = part_add(zip, &parts[i]);
    if (added && zip_close(zip) == 0) return true;
    zip_discard(zip);
    return false;
}

static enum err source_read(struct call *c, zip_source_t *source, struct str *ret_bytes)
{
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_source_stat(source, &stat) != 0) return fail(c, ERR_IO, "paper.write");
    if (stat.size > LIMIT_PAPER_BYTES) return fail(c, ERR_LIMIT, "paper.too_large");
    char *bytes = arena_alloc(c->arena, stat.size + 1);
    if (zip_source_open(source) != 0) return fail(c, ERR_IO, "paper.write");
    zip_int64_t got = zip_source_read(source, bytes, stat.size);
    (void)zip_source_close(source); /* nothing was written that could be lost */
    if (got != (zip_int64_t)stat.size) return fail(c, ERR_IO, "paper.write");
    *ret_bytes = (struct str){bytes, stat.size};
    return OK;
}

static void source_free(void *source)
{
    zip_source_free(source);
}

enum err docx_write(struct call *c, const struct paper *paper, struct str *ret_bytes)
{
    struct str document = docx_document(c, paper);
    if (document.len == 0) return fail(c, ERR_LIMIT, "paper.too_large");
    const struct part parts[] = {
        {"[Content_Types].xml", str_of(CONTENT_TYPES)},
        {"_rels/.rels", str_of(PACKAGE_RELATIONS)},
        {"docProps/core.xml", docx_properties(c, paper)},
        {"word/document.xml", document},
        {"word/_rels/document.xml.rels", str_of(DOCUMENT_RELATIONS)},
        {"word/styles.xml", docx_styles(c)},
        {"word/settings.xml", str_of(SETTINGS)},
        {"word/header1.xml", str_of(PAGE_HEADER)},
    };
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_error_fini(&error);
    if (source == NULL) return fail(c, ERR_IO, "paper.write");
    arena_defer(c->arena, source_free, source);
    if (!parts_write(source, parts, ARRAY_LEN(parts))) return fail(c, ERR_IO, "paper.write");
    return source_read(c, source, ret_bytes);
}
