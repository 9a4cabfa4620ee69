#pragma once
/*
 * id.h: what an id looks like. An office is 128 random bits, a record is its home office and 128
 * random bits more, so an id tells nothing but its home. Letters: lower-case base32 (RFC 4648
 * section 6) without padding, 26 for 128 bits.
 */
#include "base/str.h"

enum { ID_OFFICE_LEN = 26, ID_RECORD_LEN = 26 + 1 + 26, ID_RANDOM_BYTES = 16 };

/* Says that the text has the form of an office id. */
bool id_is_office(struct str id);
/* Says that the text has the form of a record id: "office.random". */
bool id_is_record(struct str id);
/* The home office of a record. Shapes: id_is_record(id). */
struct str id_home(struct str id);
