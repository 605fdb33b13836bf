/*
 * Copyright (C) ngx_agent authors
 *
 * The table of words: what it may hold, and how it is read.
 */


#include "dialect_test.h"

#include "dialect/ag_classify_parts.h"


#define COUNT  (sizeof(rows) / sizeof(rows[0]))


typedef struct {
    const char           *word;
    ag_error_class_t      class;
    unsigned              when;
    ag_classify_place_t   place;
} row_t;


static const row_t  rows[] = {
#define ROW(class, when, place, word)                                         \
    { word, AG_E_##class, AG_CLASSIFY_##when, AG_CLASSIFY_##place },
    AG_CLASSIFY_ROWS(ROW)
#undef ROW
};


/* In a block of its own: reading past its end is seen. */
static ag_error_class_t
find(const char *code, const char *message, unsigned when)
{
    char                 *copies[2];
    ag_error_class_t      class;
    ag_classify_words_t   words;

    memset(&words, 0, sizeof(words));
    memset(copies, 0, sizeof(copies));

    if (code != NULL) {
        copies[0] = malloc(strlen(code) + (code[0] == '\0'));
        memcpy(copies[0], code, strlen(code));
        words.codes[words.code_count++] = ag_str(copies[0], strlen(code));
    }

    if (message != NULL) {
        copies[1] = malloc(strlen(message) + (message[0] == '\0'));
        memcpy(copies[1], message, strlen(message));
        words.texts[words.text_count++] = ag_str(copies[1],
                                                 strlen(message));
    }

    class = ag_classify_find(&words, when);

    free(copies[0]);
    free(copies[1]);

    return class;
}


static void
rows_are_well_formed(void **state)
{
    size_t       i, j;
    const char  *p;

    (void) state;

    for (i = 0; i < COUNT; i++) {
        for (p = rows[i].word; *p != '\0'; p++) {
            if (*p >= 'A' && *p <= 'Z') {
                fail_msg("\"%s\" is not in small letters", rows[i].word);
            }
        }

        if (rows[i].place == AG_CLASSIFY_PHRASE
            && strlen(rows[i].word) < 4)
        {
            fail_msg("\"%s\" is too short a phrase", rows[i].word);
        }

        if (rows[i].place <= AG_CLASSIFY_KIND
            && strpbrk(rows[i].word, "-. #") != NULL)
        {
            fail_msg("\"%s\" will never be found", rows[i].word);
        }

        for (j = 0; j < i; j++) {
            if (strcmp(rows[i].word, rows[j].word) == 0
                && rows[i].place == rows[j].place
                && (rows[i].when & rows[j].when) != 0)
            {
                fail_msg("\"%s\" stands there twice", rows[i].word);
            }
        }
    }
}


/*
 * What rests a key, a target or opens a breaker is not looked for within a
 * message, where a client's own words may be repeated, unless the status or
 * its lack does as much.
 */
static void
no_client_can_write_what_costs_others(void **state)
{
    size_t                 i;
    const ag_error_row_t  *error;

    (void) state;

    for (i = 0; i < COUNT; i++) {
        error = ag_error_row(rows[i].class);

        if (rows[i].place != AG_CLASSIFY_PHRASE
            || (rows[i].class != AG_E_RATE_LIMIT
                && error->breaker == AG_BREAKER_no))
        {
            continue;
        }

        if (rows[i].when != AG_CLASSIFY_LIMITED
            && !(rows[i].when == AG_CLASSIFY_BARE
                 && error->breaker == AG_BREAKER_yes))
        {
            fail_msg("\"%s\" may be a client's", rows[i].word);
        }
    }
}


static void
every_row_is_reached(void **state)
{
    size_t             i;
    char               message[128];
    unsigned           when;
    const char        *code;
    ag_error_class_t   class;

    (void) state;

    for (i = 0; i < COUNT; i++) {
        for (when = 1; when <= AG_CLASSIFY_ANY; when <<= 1) {
            snprintf(message, sizeof(message), "%s%s%s",
                     rows[i].place == AG_CLASSIFY_PHRASE ? "x" : "",
                     rows[i].word,
                     rows[i].place == AG_CLASSIFY_CODE ? "" : "x");
            code = (rows[i].place <= AG_CLASSIFY_KIND) ? message : NULL;

            class = find(code, code == NULL ? message : NULL, when);

            if ((rows[i].when & when) && class != rows[i].class) {
                fail_msg("\"%s\" is %s, not %s", message,
                         ag_error_row(class)->name,
                         ag_error_row(rows[i].class)->name);
            }
        }
    }
}


static void
codes_are_compared_without_case_and_separators(void **state)
{
    size_t              i;
    static const char  *same[] = {
        "model_not_found", "MODEL_NOT_FOUND", "ModelNotFound",
        "model-not-found", "model.not.found", "Model not found",
        "__model__not__found__", "ns#ModelNotFound", "a#b#modelNotFound"
    };
    static const char  *other[] = {
        "", "_", "model_not_foun", "model_not_found2", "xmodel_not_found",
        "model/not/found", "ModelNotFound#", "ModelNotFound#x",
        "model_nott_found"
    };

    (void) state;

    for (i = 0; i < sizeof(same) / sizeof(char *); i++) {
        if (find(same[i], NULL, AG_CLASSIFY_BAD) != AG_E_NOT_FOUND) {
            fail_msg("\"%s\" is not found", same[i]);
        }
    }

    for (i = 0; i < sizeof(other) / sizeof(char *); i++) {
        if (find(other[i], NULL, AG_CLASSIFY_BAD) != AG_E_NONE) {
            fail_msg("\"%s\" is found", other[i]);
        }
    }

    assert_int_equal(find("ORGANIZATION_RESTRICTED", NULL, AG_CLASSIFY_BAD),
                     AG_E_CREDENTIALS);

    /* a kind is a beginning, a code is not */

    assert_int_equal(find("RateLimitError", NULL, AG_CLASSIFY_BARE),
                     AG_E_RATE_LIMIT);
    assert_int_equal(find("ratelimit", NULL, AG_CLASSIFY_BARE),
                     AG_E_RATE_LIMIT);
    assert_int_equal(find("ratelimi", NULL, AG_CLASSIFY_BARE), AG_E_NONE);
    assert_int_equal(find("no_rate_limit", NULL, AG_CLASSIFY_BARE),
                     AG_E_NONE);
    assert_int_equal(find("unknown_error", NULL, AG_CLASSIFY_BARE),
                     AG_E_NONE);
}


static void
phrases_are_found_anywhere_and_openings_in_front(void **state)
{
    size_t              i;
    static const char  *with[] = {
        "prompt is too long", "PROMPT IS TOO LONG", "prompt is too long.",
        "xprompt is too longx", "the prompt is too long: 5",
        "prompt is too prompt is too long", "pprompt is too long",
        "\xff\xc3prompt is too long\xc3"
    };
    static const char  *without[] = {
        "", "p", "pro", "prom", "prompt", "prompt is too lon",
        "prompt  is too long", "prompt is too_long", "prompt is too \xccong"
    };

    (void) state;

    for (i = 0; i < sizeof(with) / sizeof(char *); i++) {
        if (find(NULL, with[i], AG_CLASSIFY_BAD) != AG_E_CONTEXT_LENGTH) {
            fail_msg("\"%s\"", with[i]);
        }
    }

    for (i = 0; i < sizeof(without) / sizeof(char *); i++) {
        if (find(NULL, without[i], AG_CLASSIFY_BAD) != AG_E_NONE) {
            fail_msg("\"%s\"", without[i]);
        }
    }

    assert_int_equal(find(NULL, "API key not valid. Please",
                          AG_CLASSIFY_BAD), AG_E_CREDENTIALS);
    assert_int_equal(find(NULL, "api key not vali", AG_CLASSIFY_BAD),
                     AG_E_NONE);
    assert_int_equal(find(NULL, " api key not valid", AG_CLASSIFY_BAD),
                     AG_E_NONE);
    assert_int_equal(find(NULL, "api key not valid", AG_CLASSIFY_FAILED),
                     AG_E_NONE);
}


/* The first row counts, not the first word. */
static void
rows_have_an_order(void **state)
{
    assert_int_equal(find("invalid_api_key", "prompt is too long",
                          AG_CLASSIFY_BAD), AG_E_CONTEXT_LENGTH);
    assert_int_equal(find("invalid_api_key", "content filtering policy; "
                          "prompt is too long", AG_CLASSIFY_BAD),
                     AG_E_CONTEXT_LENGTH);
    assert_int_equal(find("context_length_exceeded", "content filtering "
                          "policy", AG_CLASSIFY_BAD), AG_E_CONTEXT_LENGTH);
    assert_int_equal(find("invalid_api_key", "prompt is too long",
                          AG_CLASSIFY_LIMITED), AG_E_CREDENTIALS);
    assert_int_equal(find("invalid_api_key", "content filtering policy",
                          AG_CLASSIFY_BAD), AG_E_CONTENT_POLICY);

    (void) state;
}


static void
every_word_is_looked_at(void **state)
{
    size_t               i;
    ag_classify_words_t  words;

    (void) state;

    for (i = 0; i < AG_CLASSIFY_WORDS_MAX; i++) {
        words.codes[i] = text("x");
        words.texts[i] = text("x");
    }

    words.code_count = AG_CLASSIFY_WORDS_MAX;
    words.text_count = AG_CLASSIFY_WORDS_MAX;
    assert_int_equal(ag_classify_find(&words, AG_CLASSIFY_BAD), AG_E_NONE);

    words.codes[AG_CLASSIFY_WORDS_MAX - 1] = text("invalid_api_key");
    assert_int_equal(ag_classify_find(&words, AG_CLASSIFY_BAD),
                     AG_E_CREDENTIALS);

    words.codes[AG_CLASSIFY_WORDS_MAX - 1] = text("x");
    words.texts[AG_CLASSIFY_WORDS_MAX - 1] = text("api key expired");
    assert_int_equal(ag_classify_find(&words, AG_CLASSIFY_BAD),
                     AG_E_CREDENTIALS);

    words.texts[AG_CLASSIFY_WORDS_MAX - 1] = text("prompt is too long");
    assert_int_equal(ag_classify_find(&words, AG_CLASSIFY_BAD),
                     AG_E_CONTEXT_LENGTH);

    words.code_count = 0;
    words.text_count = 0;
    assert_int_equal(ag_classify_find(&words, AG_CLASSIFY_BAD), AG_E_NONE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(rows_are_well_formed),
        cmocka_unit_test(no_client_can_write_what_costs_others),
        cmocka_unit_test(every_row_is_reached),
        cmocka_unit_test(codes_are_compared_without_case_and_separators),
        cmocka_unit_test(phrases_are_found_anywhere_and_openings_in_front),
        cmocka_unit_test(rows_have_an_order),
        cmocka_unit_test(every_word_is_looked_at)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
