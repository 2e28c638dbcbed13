/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_PAGE_H
#define GILSCOPE_VIZ_VIEW_PAGE_H

/* The page around the data, as viz/viewer/pack makes it: NULL ends the pieces, which are written one after the other. */
extern const char *const page_head[];    /* before the data */
extern const char *const page_program[]; /* what shows it */
extern const char *const page_tail[];    /* after the events */

#endif
