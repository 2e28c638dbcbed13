/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_METADATA_H
#define GILSCOPE_ANALYZER_METADATA_H

/*
 * May the `metadata` of this folder be given to babeltrace2? 2.0.4 never returns from packets that are cut, and aborts
 * where a structure has two fields of a name. All else that is wrong it says itself.
 * @return 1: yes; 0: it is cut or damaged; < 0 with a sentence.
 */
int metadata_is_sound(const char *folder);

#endif
