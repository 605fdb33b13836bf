/*
 * Copyright (C) ngx_agent authors
 *
 * Files of keys.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_keys.h"


#define D16  "0123456789abcdef"
#define D64  D16 D16 D16 D16
#define BOM  "\xef\xbb\xbf"

#define END_OF_2026  INT64_C(1798761600)        /* 2027-01-01T00:00:00Z */

#define WHY_DIGEST  "a line begins with a key's SHA-256 in 64 hex digits, "    \
    "with or without \"sha256:\" before them"
#define WHY_NAME    "in a name allowed are 1 to 64 characters of A-Z a-z 0-9 " \
    ". _ : @ + -"
#define WHY_UNTIL   "behind the name stands nothing, a date as 2026-12-31, a " \
    "time in UTC as 2026-12-31T12:00:00Z, or a comment that begins with #"


static ag_str_t        text;
static size_t          line;
static ag_keys_line_t  key;
static const char     *why;
static char           *copy;


/* In memory of its own: reading past the end is seen. */
static void
begin(const void *data, size_t len)
{
    free(copy);
    copy = malloc(len + (len == 0));
    memcpy(copy, data, len);

    text = ag_str(copy, len);
    line = 0;
    why = NULL;
    memset(&key, 0xaa, sizeof(key));
}


static int
next(void)
{
    return ag_keys_next(&text, &line, &key, &why);
}


static void
finds(size_t number, const char *name, int64_t until)
{
    unsigned char  digest[AG_KEY_DIGEST];

    assert_int_equal(next(), AG_OK);
    assert_int_equal(line, number);

    assert_int_equal(ag_key_read_hex(ag_str(D64, 64), digest), AG_OK);
    assert_memory_equal(key.digest, digest, sizeof(digest));

    assert_int_equal(key.name.len, strlen(name));
    assert_memory_equal(key.name.data, name, key.name.len);
    assert_in_range(key.name.data - (ag_char_t *) copy, 0, 1000000);
    assert_true(key.until == until);
}


static void
ends(void)
{
    assert_int_equal(next(), AG_NONE);
    assert_int_equal(text.len, 0);
    assert_int_equal(next(), AG_NONE);
}


static void
takes(const char *whole, const char *name, int64_t until)
{
    begin(whole, strlen(whole));
    finds(1, name, until);
    ends();
}


static void
refuses_bytes(const void *data, size_t len, const char *reason)
{
    ag_keys_line_t  before;

    begin(data, len);
    before = key;

    assert_int_equal(next(), AG_INVALID);
    assert_int_equal(line, 1);
    assert_string_equal(why, reason);
    assert_memory_equal(&key, &before, sizeof(key));
}


static void
refuses(const char *whole, const char *reason)
{
    refuses_bytes(whole, strlen(whole), reason);
}


static void
reads_a_line(void **state)
{
    (void) state;

    takes(D64 " alice\n", "alice", 0);
    takes(D64 " alice", "alice", 0);
    takes("sha256:" D64 " alice\n", "alice", 0);
    takes(D64 " A-z_0.9:@+", "A-z_0.9:@+", 0);
    takes(D64 " alice 2026-12-31\n", "alice", END_OF_2026);
    takes(D64 " alice 2026-12-31", "alice", END_OF_2026);
    takes(D64 " alice 2026-12-31T12:00:00Z\n", "alice", END_OF_2026 - 43200);
    takes(D64 " 2026-12-31", "2026-12-31", 0);
    takes(D64 " " D64, D64, 0);
    takes("0123456789ABCDEF0123456789abcdef0123456789abcDEF0123456789ABCDEF a",
          "a", 0);
}


static void
blanks_part_words(void **state)
{
    (void) state;

    takes(" \t" D64 "\t\talice \t 2026-12-31 \t\n", "alice", END_OF_2026);
    takes(D64 " alice ", "alice", 0);
    takes(D64 " alice \r\n", "alice", 0);
    takes(D64 "\talice\r\n", "alice", 0);
    takes(D64 " alice 2026-12-31\r\n", "alice", END_OF_2026);
    takes(D64 " alice 2026-12-31\r", "alice", END_OF_2026);
    takes(D64 " alice\r\r\n", "alice", 0);
}


static void
comments_begin_where_words_do(void **state)
{
    (void) state;

    takes(D64 " alice # her laptop\n", "alice", 0);
    takes(D64 " alice #\n", "alice", 0);
    takes(D64 " alice #2026-12-31\n", "alice", 0);
    takes(D64 " alice 2026-12-31 # a b c d # e", "alice", END_OF_2026);
    takes(D64 " alice 2026-12-31\t#a\r\n", "alice", END_OF_2026);

    /* the end of a key's life is not cut off by a slip */

    refuses(D64 " alice#2 2026-12-31", WHY_NAME);
    refuses(D64 " alice# 2026-12-31", WHY_NAME);
    refuses(D64 "# alice 2026-12-31", WHY_DIGEST);
    refuses(D64 " alice 2026-12-31#", WHY_UNTIL);
    refuses(D64 " # alice 2026-12-31", "a name must stand behind the digest");
}


static void
lines_are_counted(void **state)
{
    const char  *file;

    (void) state;

    file = "# keys of coding\r\n"
           "\r\n"
           D64 " alice\r\n"
           "\n\n \t \n"
           D64 " bob 2026-12-31 # until then\n"
           "   # the last one\n"
           "sha256:" D64 " carol";

    begin(file, strlen(file));
    finds(3, "alice", 0);
    finds(7, "bob", END_OF_2026);
    finds(9, "carol", 0);
    ends();
    assert_int_equal(line, 9);
}


static void
a_file_may_be_empty(void **state)
{
    size_t              i;
    static const char  *empty[] = {
        "", "\n", "\r\n", " ", "#", "# a", "\n\n\n", BOM, BOM "\n",
        BOM "# a\n", "\r"
    };

    (void) state;

    for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        begin(empty[i], strlen(empty[i]));
        ends();
    }

    text = ag_str(NULL, 0);
    line = 0;
    assert_int_equal(next(), AG_NONE);
    assert_int_equal(line, 0);
}


static void
a_byte_order_mark_is_nothing_at_the_start(void **state)
{
    (void) state;

    takes(BOM D64 " alice\n", "alice", 0);

    begin(BOM "\n" D64 " alice\n", 4 + 64 + 7);
    finds(2, "alice", 0);
    ends();

    refuses(BOM BOM D64 " alice\n", WHY_DIGEST);
    refuses("\xef\xbb" D64 " alice\n", WHY_DIGEST);
    refuses(" " BOM D64 " alice\n", WHY_DIGEST);

    begin(D64 " alice\n" BOM D64 " bob\n", 64 + 7 + 3 + 64 + 5);
    finds(1, "alice", 0);
    assert_int_equal(next(), AG_INVALID);
    assert_int_equal(line, 2);
}


static void
refuses_what_is_no_digest(void **state)
{
    (void) state;

    refuses("alice", WHY_DIGEST);
    refuses("alice " D64, WHY_DIGEST);
    refuses("sk-0123456789abcdef alice", WHY_DIGEST);
    refuses(D16 D16 D16 " alice", WHY_DIGEST);
    refuses(D64 "0 alice", WHY_DIGEST);
    refuses(D16 D16 D16 "0123456789abcdeg alice", WHY_DIGEST);
    refuses("sha256:" D16 D16 D16 "0123456789abcde alice", WHY_DIGEST);
    refuses("sha256:sha256:" D64 " alice", WHY_DIGEST);
    refuses("SHA256:" D64 " alice", WHY_DIGEST);
    refuses("sha256: " D64 " alice", WHY_DIGEST);
    refuses("sha256:", WHY_DIGEST);
    refuses("sha512:" D64 " alice", WHY_DIGEST);
    refuses(D64 ":alice", WHY_DIGEST);
    refuses(D64 "\x0b" "alice", WHY_DIGEST);
    refuses("\"" D64 "\" alice", WHY_DIGEST);
    refuses_bytes("\0", 1, WHY_DIGEST);
}


static void
refuses_what_is_no_name(void **state)
{
    char  whole[200];

    (void) state;

    refuses(D64, "a name must stand behind the digest");
    refuses(D64 "\n" D64 " alice", "a name must stand behind the digest");
    refuses(D64 " \t\r\n", "a name must stand behind the digest");
    refuses(D64 " a/b", WHY_NAME);
    refuses(D64 " a*", WHY_NAME);
    refuses(D64 " \xc3\xa9", WHY_NAME);
    refuses(D64 " \"alice\"", WHY_NAME);
    refuses(D64 " alice,2026-12-31", WHY_NAME);
    refuses(D64 " alice\r2026-12-31\n", WHY_NAME);
    refuses(D64 " alice\r" D64 " bob\r", WHY_NAME);
    refuses_bytes(D64 " ali\0ce", 64 + 7, WHY_NAME);

    snprintf(whole, sizeof(whole), "%s %065d", D64, 1);
    refuses(whole, WHY_NAME);
    snprintf(whole, sizeof(whole), "%s %064d", D64, 1);
    takes(whole, whole + 65, 0);
}


static void
refuses_what_is_no_time(void **state)
{
    (void) state;

    refuses(D64 " alice never", WHY_UNTIL);
    refuses(D64 " alice bob", WHY_UNTIL);
    refuses(D64 " alice 2026-13-01", WHY_UNTIL);
    refuses(D64 " alice 2026-02-29", WHY_UNTIL);
    refuses(D64 " alice 31.12.2026", WHY_UNTIL);
    refuses(D64 " alice 1798761600", WHY_UNTIL);
    refuses(D64 " alice 2026-12-31T12:00:00", WHY_UNTIL);
    refuses(D64 " alice 2026-12-31T12:00:00+01:00", WHY_UNTIL);
    refuses(D64 " alice 2026-12-31 12:00:00Z",
            "behind the date or time stands nothing but a comment that begins "
            "with #");
    refuses(D64 " alice 2026-12-31 x y z",
            "behind the date or time stands nothing but a comment that begins "
            "with #");
    refuses(D64 " alice 2026-12-31 12:00:00Z # a",
            "behind the date or time stands nothing but a comment that begins "
            "with #");
}


/* 0 means "for ever" to whoever takes the line. */
static void
no_time_of_long_ago_is_for_ever(void **state)
{
    const char  *reason = "a key cannot have ended before "
                          "1970-01-01T00:00:01Z";

    (void) state;

    refuses(D64 " alice 1970-01-01T00:00:00Z", reason);
    refuses(D64 " alice 1969-12-31", reason);
    refuses(D64 " alice 1969-12-30", reason);
    refuses(D64 " alice 0001-01-01", reason);

    takes(D64 " alice 1970-01-01T00:00:01Z", "alice", 1);
    takes(D64 " alice 1970-01-01", "alice", 86400);
}


static void
a_bad_line_is_left_behind(void **state)
{
    const char  *file;

    (void) state;

    file = D64 " alice\n"
           "oh no\n"
           D64 "\n"
           D64 " bob\n";

    begin(file, strlen(file));
    finds(1, "alice", 0);
    assert_int_equal(next(), AG_INVALID);
    assert_int_equal(line, 2);
    assert_int_equal(next(), AG_INVALID);
    assert_int_equal(line, 3);
    finds(4, "bob", 0);
    ends();
}


static int
teardown(void **state)
{
    (void) state;
    free(copy);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reads_a_line),
        cmocka_unit_test(blanks_part_words),
        cmocka_unit_test(comments_begin_where_words_do),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(a_file_may_be_empty),
        cmocka_unit_test(a_byte_order_mark_is_nothing_at_the_start),
        cmocka_unit_test(refuses_what_is_no_digest),
        cmocka_unit_test(refuses_what_is_no_name),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(no_time_of_long_ago_is_for_ever),
        cmocka_unit_test(a_bad_line_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
