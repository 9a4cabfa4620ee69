#include "front/paper/docx.h"
#include "front/paper/xlsx.h"
#include "front/papers/papers.h"

const struct papers_plugin PAPERS_PLUGIN = {
    .paper_bytes = sizeof(struct paper),
    .write = {[PAPER_DOCX] = docx_write, [PAPER_XLSX] = xlsx_write},
};
