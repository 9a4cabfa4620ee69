#pragma once
/*
 * cli_verbs.h: the verbs that reach an office: acts and views as they are, and short forms for what
 * an administrator does first. Their table is in main/main.c.
 */
#include "front/cli/cli.h"

/* Who acts: --as, or "admin". */
struct str cli_admin(const struct cli_args *args);
/* act DIR --as LOGIN ACT [field=value ...] */
enum err cli_act(struct call *c, const struct cli_args *args);
/* view DIR --as LOGIN VIEW [arg=value ...] */
enum err cli_view(struct call *c, const struct cli_args *args);
/* acts DIR */
enum err cli_acts(struct call *c, const struct cli_args *args);

/* card DIR: what another office needs to know of this one. */
enum err cli_card(struct call *c, const struct cli_args *args);
/* exchange DIR: how things stand with every peer. */
enum err cli_exchange(struct call *c, const struct cli_args *args);
/* status DIR [--json]: the same and more, in sentences. */
enum err cli_status(struct call *c, const struct cli_args *args);
/* track DIR NUMBER [--json]: where a document is. */
enum err cli_track(struct call *c, const struct cli_args *args);
/* metrics DIR [--token]: numbers for Prometheus, or the token that /metrics asks for. */
enum err cli_metrics(struct call *c, const struct cli_args *args);

/* user add DIR --login L --title T [...]; prints the password it made unless one was given. */
enum err cli_user_add(struct call *c, const struct cli_args *args);
/* user passwd DIR --login L */
enum err cli_user_passwd(struct call *c, const struct cli_args *args);
/* user list DIR */
enum err cli_user_list(struct call *c, const struct cli_args *args);
/* peer add DIR --card FILE [--address HOST:PORT] */
enum err cli_peer_add(struct call *c, const struct cli_args *args);
/* peer list DIR */
enum err cli_peer_list(struct call *c, const struct cli_args *args);
/* succeed DIR --to OFFICE [--dry-run]: another office is to follow this one; DIR --accept [--from
 * OFFICE]: this one follows. Errors: ERR_SYNTAX "cli.succeed". */
enum err cli_succeed(struct call *c, const struct cli_args *args);
/* resume DIR: an administrator says go on; exchange/restore.h */
enum err cli_resume(struct call *c, const struct cli_args *args);
/* token add DIR --login L --label TEXT */
enum err cli_token_add(struct call *c, const struct cli_args *args);
/* check DIR. Errors: ERR_CORRUPT "check.differs" when anything differs; the report is printed. */
enum err cli_check(struct call *c, const struct cli_args *args);

/* A password that a person can type: five groups of four letters and digits, 100 bits. */
struct str cli_password(struct call *c);
