#pragma once
/* init.h: founding an office on this machine. */
#include "front/cli/cli.h"
#include "front/cli/cli_office.h"

/* What is needed to found an office. */
struct founding {
    struct str code;
    struct str name;
    struct str address; /* of the browser port */
    int64_t port;
    struct str wire_address; /* of the door for other offices */
    int64_t wire_port;
    struct str store;   /* address of the database; empty: SQLite in the folder */
    struct str plugins; /* as in struct cli_office */
};

/* Founds an office in the present, empty folder: key, configuration, database, first administrator
 * `admin` with this password; leaves it open inline. Errors: ERR_CONFLICT "office.exists"; those of
 * writing. */
enum err init_here(struct call *c, const struct founding *founding, struct str password,
                   struct cli_office *ret_office);

/* Makes a folder for an office or for the demo, with the folders above it; for root it is given to
 * the system user of that name, by default `phoihop`, else `nobody`.
 * Errors: ERR_IO "init.dir" (arg "dir"); ERR_NOT_FOUND "init.user" (arg "user"). */
enum err init_dir(struct call *c, struct str dir, struct str user);

/* init DIR --office CODE --name NAME [--port N] [--wire-port N] [--store URL] [...] */
enum err init_run(struct call *c, const struct cli_args *args);
