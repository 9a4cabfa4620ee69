#pragma once
/*
 * asset.h: style, script, fonts and icons, built by web/build.mjs and embedded by tools/assets.py.
 * The address holds a hash of the content, so a browser may keep the file for ever.
 */
#include "base/str.h"

struct asset {
    struct str path; /* "/assets/HASH/app.css" */
    struct str name; /* "app.css" */
    struct str media;
    struct str bytes;
    struct str gzip; /* the same compressed; empty when that gains nothing */
};

/* Generated: sorted by path. */
extern const struct asset ASSETS[];
extern const size_t ASSETS_COUNT;

/* The asset at that address, or NULL. */
const struct asset *asset_find(struct str path);
/* The address of the asset of that name. Shapes: the name exists. */
struct str asset_path(struct str name);
