#pragma once
/*
 * workday_receipt.h: the receipt of a deadline as it is kept in records (JSON), read again, counted
 * again by another calendar, and told to a person. Whoever fixed a deadline keeps its receipt; so
 * that anybody can check it, it holds whatever the term was counted from.
 */
#include "base/workday_term.h"

/* {"due":"2026-02-23","counted":5,"skipped":[{"day":"2026-02-14","reason":"workday.weekend"}],
 * "rule":"working_days","calendar":"vn-2026.1","source":"workday.source.civil_2015",
 * "in_force":"2017-01-01"}; with "amount" in weeks and months, and in hours with "since" and "at",
 * local times such as "2026-02-23T24:00". "until" stands beside the source of a law that was
 * replaced; a term from before 2006 names none. A term whose clock was stopped has "pauses":
 * [{"from":"2026-02-11","to":"2026-02-12","category":"pause.more_papers"}], first and last day. */
struct str workday_receipt_json(struct arena *arena, const struct workday_receipt *receipt);

/* Reads what workday_receipt_json wrote; names it does not know are passed over. False when it is
 * no receipt or does not add up: it then explains nothing. */
bool workday_receipt_read(struct call *c, struct str json, struct workday_receipt *ret_receipt);

/* Counts the term of a receipt again, by another calendar. False as workday_term_explain. */
bool workday_receipt_again(struct arena *arena, const struct workday_calendar *calendar,
                           const struct workday_receipt *receipt,
                           struct workday_receipt *ret_receipt);

/* The receipt as a person would explain it, in the call's language: the deadline, the rule, the
 * days that were not counted and why, pauses, the law with the time it is in force, the calendar.
 * Several lines; those that begin with "- " belong to the line before. */
struct str workday_receipt_text(struct call *c, const struct workday_receipt *receipt);
