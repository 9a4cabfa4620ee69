#pragma once
/*
 * cli_deadline.h: a deadline and why it is that day, without a running office: by the calendar of
 * Viet Nam that is built in. What an office has decided itself is on its page holidays.list.
 */
#include "base/workday.h"
#include "front/cli/cli.h"

/* deadline --from DAY [or DAYThh:mm] --days N [--unit working|calendar|weeks|months|hours|
 * working_hours|all] [--json]. Prints sentences, or the receipt as JSON (base/workday_receipt.h);
 * for all units an object of receipts. The words of receipts ("working_days") are units too.
 * Errors: ERR_SYNTAX "cli.day", "cli.unit" (arg "option"), "cli.number"; ERR_INVALID "workday.term"
 * when the term leaves the calendar's years. */
enum err cli_deadline(struct call *c, const struct cli_args *args);
