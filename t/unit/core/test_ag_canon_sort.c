/*
 * Copyright (C) ngx_agent authors
 *
 * The order of members in the canonical form: by decoded bytes, stable, and
 * of as many as there are.
 */


#include "canonical.h"

#include <time.h>


#define MANY  100000


/* Names in their order, as they are written in the form. */
static const char *const  ordered[] = {
    "", "\\u0000", "\\u0000\\u0000", "\\u0001", "\\b", "\\t", "\\n", "\\f",
    "\\r", "\\u001f", " ", "!", "\\\"", "\\\"a", "#", "0", "1", "10", "2", "A",
    "B", "[", "\\\\", "\\\\\\\\", "\\\\a", "]", "a", "a\\u0000",
    "a\\u0000\\u0000", "a\\u0000b", "a\\u001fb", "a!", "aa", "aaaaaaa",
    "aaaaaaa\\u0000", "aaaaaaa\\n", "aaaaaaaa", "aaaaaaaa\\u0000",
    "aaaaaaaa\\n", "aaaaaaaaa", "aaaaaaaaaaaaaaa\\tbbbbbbbb",
    "aaaaaaaaaaaaaaa\\nbbbbbbbb", "aaaaaaaaaaaaaaaa\\n",
    "aaaaaaaaaaaaaaaa\\\"",
    "aaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "b", "prompt_cache_key",
    "prompt_cache_retention", "{", "\x7f", "\xc2\x80", "\xc3\xa9",
    "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"
};

#define ORDERED  (sizeof(ordered) / sizeof(ordered[0]))


static void
sorts_by_decoded_bytes(void **state)
{
    char    text[256], form[256];
    size_t  i, j;

    (void) state;

    for (i = 0; i < ORDERED; i++) {
        for (j = i + 1; j < ORDERED; j++) {

            sprintf(form, "{\"%s\":[1],\"%s\":\"x\"}", ordered[i],
                    ordered[j]);
            expect_form(form, form);

            sprintf(text, "{\"%s\":\"x\",\"%s\":[1]}", ordered[j],
                    ordered[i]);
            expect_form(text, form);
        }
    }
}


static void
shuffle(size_t *order, size_t count, unsigned *seed)
{
    size_t  i, j, kept;

    for (i = 0; i < count; i++) {
        order[i] = i;
    }

    for (i = count; i > 1; i--) {
        *seed = *seed * 1664525u + 1013904223u;
        j = (*seed >> 8) % i;
        kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}


static void
sorts_any_order_of_any_count(void **state)
{
    char      text[4096], form[4096], *p, *q;
    size_t    i, count, order[ORDERED];
    unsigned  round, seed;

    (void) state;

    seed = 1;

    for (count = 1; count <= ORDERED; count++) {
        for (round = 0; round < 20; round++) {

            shuffle(order, count, &seed);
            p = text;
            q = form;

            for (i = 0; i < count; i++) {
                p += sprintf(p, "%c\"%s\":%zu", (i == 0) ? '{' : ',',
                             ordered[order[i]], order[i] * order[i]);
                q += sprintf(q, "%c\"%s\":%zu", (i == 0) ? '{' : ',',
                             ordered[i], i * i);
            }

            strcpy(p, "}");
            strcpy(q, "}");
            expect_form(text, form);
        }
    }
}


/* Names of every length, raw in one object and escaped in the other. */
static void
sorts_names_alike_however_they_are_written(void **state)
{
    char    text[256], form[256];
    size_t  len;

    (void) state;

    for (len = 0; len < 20; len++) {
        sprintf(text, "{\"%.*s\\u0062\":1,\"%.*sa\":2}",
                (int) len, "qrstqrstqrstqrstqrst",
                (int) len, "qrstqrstqrstqrstqrst");
        sprintf(form, "{\"%.*sa\":2,\"%.*sb\":1}",
                (int) len, "qrstqrstqrstqrstqrst",
                (int) len, "qrstqrstqrstqrstqrst");
        expect_form(text, form);
    }
}


static void
keeps_the_order_of_many_equal_names(void **state)
{
    char      text[4096], form[4096], of_a[2048], *p, *q;
    unsigned  i;

    (void) state;

    p = text;
    q = of_a;

    for (i = 0; i < 100; i++) {
        p += sprintf(p, "%c\"%s\":%u", (i == 0) ? '{' : ',',
                     (i % 3) ? "b" : "a", i);

        if (i % 3 == 0) {
            q += sprintf(q, "%c\"a\":%u", (i == 0) ? '{' : ',', i);
        }
    }

    strcpy(p, "}");
    q = form + sprintf(form, "%s", of_a);

    for (i = 0; i < 100; i++) {
        if (i % 3 != 0) {
            q += sprintf(q, ",\"b\":%u", i);
        }
    }

    strcpy(q, "}");
    expect_form(text, form);
}


/* More open members than there is room for without malloc(), at all levels. */
static void
sorts_within_what_it_sorts(void **state)
{
    char      *text, *form, *p, *q;
    unsigned   depth, i;

    (void) state;

    text = malloc(100000);
    form = malloc(100000);
    assert_non_null(text);
    assert_non_null(form);

    p = text;
    q = form;

    for (depth = 0; depth < AG_JSON_DEPTH_MAX; depth++) {
        *p++ = '{';
        *q++ = '{';

        for (i = 0; i < 10; i++) {
            p += sprintf(p, "\"%c%u\":\"%0*u\",", 'z' - (int) i, depth,
                         (int) depth, depth);
        }

        p += sprintf(p, "\"a\":");
        q += sprintf(q, "\"a\":");
    }

    *p++ = '0';
    *q++ = '0';

    while (depth-- > 0) {
        for (i = 10; i-- > 0; /* void */ ) {
            q += sprintf(q, ",\"%c%u\":\"%0*u\"", 'z' - (int) i, depth,
                         (int) depth, depth);
        }

        *p++ = '}';
        *q++ = '}';
    }

    *p = '\0';
    *q = '\0';

    expect_form(text, form);

    free(text);
    free(form);
}


/* Backwards, and as whoever wants to be slow would have them. */
static void
sorts_a_hundred_thousand_soon(void **state)
{
    char      *text, *form, *p, *q;
    clock_t    began;
    unsigned   i;

    (void) state;

    text = malloc(MANY * 32);
    form = malloc(MANY * 32);
    assert_non_null(text);
    assert_non_null(form);

    p = text;
    q = form;

    for (i = 0; i < MANY; i++) {
        p += sprintf(p, "%c\"common%06u\":%u", (i == 0) ? '{' : ',',
                     MANY - 1 - i, MANY - 1 - i);
        q += sprintf(q, "%c\"common%06u\":%u", (i == 0) ? '{' : ',', i, i);
    }

    strcpy(p, "}");
    strcpy(q, "}");

    began = clock();
    expect_form(text, form);

    /* a square would take minutes, sanitized or not */

    assert_true(clock() - began < 5 * CLOCKS_PER_SEC);

    free(text);
    free(form);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(sorts_by_decoded_bytes),
        cmocka_unit_test(sorts_any_order_of_any_count),
        cmocka_unit_test(sorts_names_alike_however_they_are_written),
        cmocka_unit_test(keeps_the_order_of_many_equal_names),
        cmocka_unit_test(sorts_within_what_it_sorts),
        cmocka_unit_test(sorts_a_hundred_thousand_soon)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
