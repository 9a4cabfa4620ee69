#pragma once
/* chart.h: the geometry of a chart that a view gives as numbers. */
#include "core/view.h"

/* Adds to a chart, and to its bars and parts, where they stand in the drawing: stacked bars over a
 * scale of round numbers. Shapes: chart {bars: [{label, parts: [{look, count}]}]}; at most
 * CHART_BARS_MAX bars are drawn, the table beside tells all. */
enum { CHART_BARS_MAX = 60 };
void chart_dress(struct call *c, struct node *chart);
