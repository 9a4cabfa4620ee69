#pragma once
/*
 * transfer.h: the built-in module "transfer": what people do so that a record passes to another
 * office (core/passage.h). Its acts stand on the page of every record whose kind may pass.
 */
#include "core/module.h"

extern const struct module transfer_module;
