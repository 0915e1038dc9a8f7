/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text for people: bytes from elsewhere made harmless for a terminal, and numbers made readable.
 */
#ifndef CULVERT_CLI_TEXT_H
#define CULVERT_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_NUM_LEN 32 /* room for any number or age written by this file */

/**
 * Copy @s to @dst without anything a terminal would act on: C0 and C1 controls, DEL, bidirectional
 * and invisible format characters and invalid UTF-8 become '?', one for each.
 *
 * @param cap  size of @dst with the NUL; a character that does not fit ends the copy.
 * @return @dst.
 */
char *text_clean(char *dst, size_t cap, const char *s);
/** Columns a cleaned string takes: its code points. */
size_t text_width(const char *s);
/** Bytes of the first @cols columns of a cleaned string. */
size_t text_prefix(const char *s, size_t cols);

/** "1,234,567". All text_* writers fill @buf (TEXT_NUM_LEN) and return it. */
char *text_count(char *buf, uint64_t n);
/** Below ten million as text_count, then "12.3 M", "4.56 G". */
char *text_packets(char *buf, uint64_t n);
/** "999 B", "12.3 kB", "4.56 MB": powers of 1000. */
char *text_bytes(char *buf, uint64_t n);
/** "12.3 kbit/s", "1.02 Gbit/s"; "-" for a rate below 0, which is not known. */
char *text_bits(char *buf, double bits_per_s);
/** "12s", "4m05s", "3h07m", "2d04h", "1y033d". */
char *text_age(char *buf, uint64_t s);

/** Does @word abbreviate @full (a prefix, letter case ignored, not empty)? */
bool text_abbreviates(const char *word, const char *full);
/** Is @word short for @name, as on IOS "gi0/1" for GigabitEthernet0/1: fewer letters, and the same
 *  behind them? Lengths in bytes. */
bool text_short_for(const char *word, size_t word_len, const char *name, size_t name_len);

#endif
