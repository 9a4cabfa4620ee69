#pragma once
/*
 * transfer.h: the built-in module "transfer": what people do so that a record passes to another
 * office (core/passage.h). Its acts stand on the page of every record whose kind may pass.
 */
#include "core/record.h"

/* Writes the next version with the body as it is. Errors: those of record_put; ERR_CONFLICT
 * "record.newer". */
enum err transfer_put_same(struct call *c, struct put *put, struct act_result *ret_result);

extern const struct module transfer_module;
