#pragma once
/*
 * part.h: a file on its way here, chunk by chunk, in any order and from anybody. Under DIR/parts/
 * lie its bytes and beside them a map of what has come:
 *
 *     byte 0 of entry i      0 missing, 1 written, 2 written and synced
 *     bytes 1 to 32          the chunk's own hash, proven by its path
 *
 * A chunk is verified before it is written, and counts from then on: when the process is killed, at
 * most the one under way is lost. When the power goes, chunks that were written but not synced are
 * verified again at the next opening; there are never more than PART_SYNC_CHUNKS of them. When all
 * are here, the file is synced and gets its name among the blobs.
 *
 * One holder at a time: a lock that goes with its process keeps others out, on other machines too
 * where the folder is shared.
 */
#include "store/chunk.h"

enum { PART_SYNC_CHUNKS = 16 };

struct part;

/* Opens the part of a file, or begins it. Shapes: size in bytes, not 0; the same root with another
 * size is another part. Errors: ERR_BUSY "part.busy" when somebody else holds it; ERR_INVALID
 * "part.root" when the root is none; those of disk_fail. Owns: the call's arena closes it, what
 * has come stays. */
enum err part_open(struct call *c, struct str dir, struct str root, int64_t size,
                   struct part **ret_part);
/* Makes a part of a file that lies among the blobs and that the disk has changed, and opens it:
 * what is still good of it has come. Errors: as part_open; ERR_NOT_FOUND "blob.missing". */
enum err part_again(struct call *c, struct str dir, struct str root, int64_t size,
                    struct part **ret_part);
/* The first chunk that is missing; -1 when none is. */
int64_t part_next(const struct part *part);
int64_t part_missing(const struct part *part);
/* One bit a chunk, the first in the highest bit of the first byte; 1: it is here. Shapes: in the
 * arena, as many bytes as it takes. */
struct str part_map(const struct part *part, struct arena *arena);
/* Verifies the chunk and writes it; one that is here already changes nothing. Errors: ERR_PEER
 * "part.chunk" when it does not belong to the file; those of disk_fail. */
enum err part_put(struct call *c, struct part *part, const struct chunk *chunk);
/* Makes the file a blob. Shapes: nothing is missing. Errors: those of disk_fail; ERR_CORRUPT
 * "blob.corrupt" when the disk has changed the map: then the part begins anew. */
enum err part_finish(struct call *c, struct part *part);

/* Removes what was last written before `before_ms` of parts that nobody keeps. Shapes: keep says
 * whether the file of that root is still on its way. Errors: ERR_IO "blob.io"; those of keep. */
enum err part_sweep(struct call *c, struct str dir, int64_t before_ms,
                    enum err (*keep)(struct call *c, struct str root, bool *ret_keep));
