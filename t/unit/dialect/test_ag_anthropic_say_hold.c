/*
 * Copyright (C) ngx_agent authors
 *
 * Blocks that wait for their turn: nothing of them is lost, and nobody can
 * make the gateway hold without end.
 */


#include "anthropic_say_test.h"


#define CALLS  12       /* of one answer made by chance */


static void
holds_all_that_a_block_says(void **state)
{
    saying_t  s;

    (void) state;

    saying_init(&s, SIZE_MAX, 1 << 20);
    start(&s);
    open_block(&s, 0, AG_BLOCK_TEXT, NULL, NULL);
    add(&s, 0, "first");

    open_block(&s, 1, AG_BLOCK_REASONING, NULL, NULL);
    add(&s, 1, "think");
    sign(&s, 1, "S", AG_SIGNER_ANTHROPIC, 0);
    add(&s, 1, "ing");
    close_block(&s, 1);
    open_block(&s, 2, AG_BLOCK_TOOL, "a", "f");
    add(&s, 2, "{}");
    sign(&s, 2, "G", AG_SIGNER_GEMINI, 0);
    close_block(&s, 2);
    open_block(&s, 3, AG_BLOCK_REASONING, NULL, NULL);
    sign(&s, 3, "R", AG_SIGNER_RESPONSES, 1);
    close_block(&s, 3);
    open_block(&s, 4, AG_BLOCK_TEXT, NULL, NULL);
    add(&s, 4, "x");
    cite(&s, 4, "https://a/", "A");
    add(&s, 4, "y");
    cite(&s, 4, "https://b/", "");

    assert_said(&s, "( [0 text 0:first");
    close_block(&s, 0);
    add(&s, 4, "z");
    close_block(&s, 4);
    end(&s, AG_FINISH_STOP);

    assert_said(&s, "( [0 text 0:first ]0 [1 thinking 1:thinking 1:S ]1 "
                    "[2 thinking 2:ag1.gemini.G ]2 [3 tool_use a f 3:{} ]3 "
                    "[4 redacted_thinking   ag1.responses-redacted.R ]4 "
                    "[5 text 5:xy 5:https://a/ 5:https://b/ 5:z ]5 "
                    "=end_turn )");
    saying_free(&s);
}


/* Three blocks open at once, over and over, need no more memory than three. */
static void
uses_the_memory_of_blocks_again(void **state)
{
    size_t    used;
    saying_t  s;
    uint32_t  i;

    (void) state;

    saying_init(&s, SIZE_MAX, 1 << 20);
    start(&s);
    used = 0;

    for (i = 0; i < 3000; i += 3) {
        open_block(&s, i, AG_BLOCK_TEXT, NULL, NULL);
        open_block(&s, i + 1, AG_BLOCK_TEXT, NULL, NULL);
        open_block(&s, i + 2, AG_BLOCK_TEXT, NULL, NULL);
        add(&s, i, "a");
        add(&s, i + 2, "c");
        add(&s, i + 1, "b");
        close_block(&s, i + 2);
        close_block(&s, i);
        close_block(&s, i + 1);
        assert_int_equal(s.rc, AG_OK);

        used = (i == 300) ? s.arena.used : used;
    }

    assert_int_equal(s.arena.used, used);
    assert_non_null(strstr(said(&s), "]2998 [2999 text 2999:c ]2999"));
    saying_free(&s);
}


static void
holds_no_more_than_a_whole_answer(void **state)
{
    char       *large;
    size_t      i;
    saying_t    s;
    uint32_t    block;

    (void) state;

    large = malloc((1 << 20) + 1);
    memset(large, 'x', 1 << 20);
    large[1 << 20] = '\0';

    saying_init(&s, SIZE_MAX, 1 << 20);
    start(&s);
    open_block(&s, 0, AG_BLOCK_TEXT, NULL, NULL);

    for (block = 1; block <= 4; block++) {
        open_block(&s, block, AG_BLOCK_TEXT, NULL, NULL);

        for (i = 0; i < AG_ANSWER_MAX / 4; i += 1 << 20) {
            add(&s, block, large);
            assert_int_equal(s.rc, AG_OK);
        }
    }

    add(&s, 2, "x");
    assert_int_equal(s.rc, AG_LIMIT);

    /* a turn makes room */

    close_block(&s, 0);
    close_block(&s, 1);
    add(&s, 3, "x");
    assert_int_equal(s.rc, AG_OK);

    saying_free(&s);
    free(large);
}


/* Without memory it says so; it never leaves a word out. */
static void
says_that_memory_is_out(void **state)
{
    size_t      i, max;
    unsigned    fine;
    saying_t    s;
    ag_event_t  events[6];

    (void) state;

    fine = 0;

    for (max = 0; max < 2048; max += 16) {
        events[0] = event_made(AG_EVENT_OPEN, 0);
        events[1] = event_made(AG_EVENT_OPEN, 1);
        events[2] = event_made(AG_EVENT_ADD, 1);
        events[2].text = text("held");
        events[3] = event_made(AG_EVENT_CITE, 1);
        events[3].url = text("https://a/");
        events[4] = event_made(AG_EVENT_CLOSE, 1);
        events[5] = event_made(AG_EVENT_CLOSE, 0);

        saying_init(&s, SIZE_MAX, max);
        start(&s);

        for (i = 0; i < 6 && s.rc == AG_OK; i++) {
            (void) say(&s, &events[i]);
        }

        if (s.rc == AG_OK) {
            assert_said(&s, "( [0 text 0:held 0:https://a/ ]0");
            fine++;

        } else {
            assert_int_equal(s.rc, AG_NOMEM);
        }

        saying_free(&s);
    }

    assert_true(fine > 0 && fine < 127);
}


/* Thousands of closed blocks behind one that stays open cost no search. */
static void
searches_only_what_is_open(void **state)
{
    saying_t    s;
    uint32_t    i;

    (void) state;

    saying_init(&s, SIZE_MAX, AG_TRANSLATE_ARENA_MAX);
    start(&s);
    open_block(&s, 0, AG_BLOCK_TEXT, NULL, NULL);

    for (i = 1; i < 60000; i++) {
        open_block(&s, i, AG_BLOCK_TEXT, NULL, NULL);
        add(&s, i, "x");
        close_block(&s, i);
        add(&s, i, "after its end");
        assert_int_equal(s.rc, AG_OK);
    }

    s.out.len = 0;
    close_block(&s, 0);
    end(&s, AG_FINISH_STOP);
    assert_int_equal(s.rc, AG_OK);
    assert_null(strstr(said(&s), "after"));
    assert_non_null(strstr(said(&s), "[59998 text 59998:x ]59998 =end_turn"));
    saying_free(&s);
}


static uint32_t
chance(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;

    return (*seed >> 16) % below;
}


/* Any order of what calls say: "texts" is what each of them said. */
static void
say_by_chance(saying_t *s, uint32_t seed, char texts[CALLS][256])
{
    char      piece[8];
    uint32_t  i, opened, closed[CALLS];

    memset(closed, 0, sizeof(closed));
    memset(texts, 0, CALLS * 256);
    opened = 0;

    for (i = 0; i < 200; i++) {
        uint32_t  at = chance(&seed, opened + 1);

        if (at == opened) {
            if (opened < CALLS && chance(&seed, 4) == 0) {
                open_block(s, opened, AG_BLOCK_TOOL, "a", "f");
                opened++;
            }

        } else if (chance(&seed, 12) == 0) {
            closed[at] = 1;
            close_block(s, at);

        } else if (!closed[at] && strlen(texts[at]) < 240) {
            snprintf(piece, sizeof(piece), "%u,", (unsigned) i);
            strcat(texts[at], piece);
            add(s, at, piece);
        }

        assert_int_equal(s->rc, AG_OK);
    }

    end(s, AG_FINISH_TOOL_CALLS);
}


static void
keeps_every_word_in_its_block_in_any_order(void **state)
{
    char         texts[CALLS][256], mark[32], joined[256];
    saying_t     s;
    uint32_t     seed, i;
    const char  *log, *begin, *stop, *next;

    (void) state;

    for (seed = 0; seed < 500; seed++) {
        saying_init(&s, SIZE_MAX, 1 << 20);
        start(&s);
        say_by_chance(&s, seed, texts);
        log = said(&s);

        for (i = 0; i < CALLS; i++) {
            snprintf(mark, sizeof(mark), "[%u tool_use a f", (unsigned) i);
            begin = strstr(log, mark);

            if (begin == NULL) {
                assert_int_equal(texts[i][0], '\0');
                continue;
            }

            /* nothing of another block stands between its begin and end */

            snprintf(mark, sizeof(mark), " ]%u ", (unsigned) i);
            stop = strstr(begin, mark);
            assert_non_null(stop);

            snprintf(mark, sizeof(mark), "%u:", (unsigned) i);
            joined[0] = '\0';
            begin = strchr(begin + 1, 'f') + 1;

            while (begin < stop) {
                assert_memory_equal(begin + 1, mark, strlen(mark));
                begin += 1 + strlen(mark);
                next = strchr(begin, ' ');
                strncat(joined, begin, (size_t) (next - begin));
                begin = next;
            }

            assert_string_equal(joined, texts[i]);
            log = stop;
        }

        saying_free(&s);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(holds_all_that_a_block_says),
        cmocka_unit_test(uses_the_memory_of_blocks_again),
        cmocka_unit_test(holds_no_more_than_a_whole_answer),
        cmocka_unit_test(says_that_memory_is_out),
        cmocka_unit_test(searches_only_what_is_open),
        cmocka_unit_test(keeps_every_word_in_its_block_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
