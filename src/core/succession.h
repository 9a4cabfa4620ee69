#pragma once
/*
 * succession.h: the built-in module "succession": an office ends, and another one has its place.
 * Two records say so, one by each office:
 *
 *     office.succession   by the office that ends: "proposed", then "final"
 *     office.inheritance  by the one that goes on: "agreed", then "final"
 *
 *     1  A proposes to B. Nothing changes.
 *     2  B agrees. Now A may send it versions that are not addressed to it.
 *     3  When that comes to A: every version that A wrote goes to B, then the final statement, to B
 *        and to every peer, behind all that A still owes them. It counts A's records and holds the
 *        signature that their passages will carry. With its commit A writes nothing any more.
 *     4  B takes the final statement in when it holds exactly the records that it counts, and is
 *        their home. It signs the same for itself and tells whoever sees them.
 *
 * So at no moment two offices may write: A is out with the commit of step 3, B is in when
 * everything is there. What an addressee of A gets first, A's last word or B's, does not matter.
 * Decision 23.
 */
#include "core/module.h"

extern const struct module succession_module;
