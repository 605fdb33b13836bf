/*
 * Copyright (C) ngx_agent authors
 *
 * A whole answer is put together of its events, in whatever pieces they come.
 */


#include "events.h"


typedef struct {
    heard_t      heard;
    ag_gather_t  gather;
} gathered_t;


static int
gather_event(void *data, const ag_event_t *event)
{
    gathered_t  *g = data;

    return ag_gather_event(&g->gather, event);
}


static ag_reader_t *
gather(gathered_t *g)
{
    memset(g, 0, sizeof(gathered_t));
    hear(&g->heard);

    g->gather.arena = &g->heard.arena;
    g->heard.reader.sink = gather_event;
    g->heard.reader.sink_data = g;

    return &g->heard.reader;
}


static void
pieces_become_blocks(void **state)
{
    char                   piece[4];
    gathered_t             g;
    ag_reader_t           *r;
    ag_gathered_t         *block;
    ag_open_block_t       *a, *b;
    ag_gathered_choice_t  *choice;

    (void) state;

    r = gather(&g);

    ag_reader_start(r, text("i"), text("m"));
    a = ag_reader_open(r, 0, 0, AG_BLOCK_TEXT, text(""), text(""));
    b = ag_reader_open(r, 0, 1, AG_BLOCK_TOOL, text("c"), text("f"));

    /* bytes that do not live on, in turns */

    memcpy(piece, "ab", 3);
    ag_reader_add(r, a, text(piece));
    memcpy(piece, "{\"", 3);
    ag_reader_add(r, b, text(piece));
    memcpy(piece, "cd", 3);
    ag_reader_add(r, a, text(piece));
    memcpy(piece, "a\"", 3);
    ag_reader_add(r, b, text(piece));
    memcpy(piece, ":1}", 4);
    ag_reader_add(r, b, text(piece));
    memset(piece, 'x', sizeof(piece));

    ag_reader_cite(r, a, text("u1"), text("t1"));
    ag_reader_cite(r, a, text("u2"), text(""));
    ag_reader_sign(r, b, text("s"), AG_SIGNER_GEMINI, 0);
    ag_reader_end(r);

    assert_int_equal(r->rc, AG_OK);
    assert_text(g.gather.reply.id, "i");
    assert_text(g.gather.reply.model, "m");
    assert_int_equal(g.gather.reply.count, 1);

    choice = &g.gather.reply.choices[0];
    assert_int_equal(choice->finish, AG_FINISH_TOOL_CALLS);

    block = choice->blocks;
    assert_int_equal(block->type, AG_BLOCK_TEXT);
    assert_text(block->text, "abcd");
    assert_text(block->cited->url, "u1");
    assert_text(block->cited->title, "t1");
    assert_text(block->cited->next->url, "u2");
    assert_null(block->cited->next->next);

    block = block->next;
    assert_int_equal(block->type, AG_BLOCK_TOOL);
    assert_text(block->text, "{\"a\":1}");
    assert_text(block->id, "c");
    assert_text(block->name, "f");
    assert_text(block->signature, "s");
    assert_int_equal(block->signer, AG_SIGNER_GEMINI);
    assert_null(block->next);

    heard_free(&g.heard);
}


static void
choices_come_in_any_order(void **state)
{
    uint32_t               i;
    gathered_t             g;
    ag_reader_t           *r;
    ag_gathered_choice_t  *choice;

    static const uint32_t  order[] = { 2, 0, 127, 5, 1 };

    (void) state;

    r = gather(&g);

    for (i = 0; i < 5; i++) {
        ag_reader_add(r, ag_reader_open(r, order[i], 0, AG_BLOCK_TEXT,
                                        text(""), text("")),
                      ag_str("abcde" + i, 1));
        ag_reader_logprobs(r, order[i], text("{}"));
    }

    ag_reader_logprobs(r, 5, text("[]"));
    ag_reader_end(r);

    assert_int_equal(r->rc, AG_OK);
    assert_int_equal(g.gather.reply.count, 128);

    choice = g.gather.reply.choices;
    assert_text(choice[2].blocks->text, "a");
    assert_text(choice[0].blocks->text, "b");
    assert_text(choice[127].blocks->text, "c");
    assert_text(choice[5].blocks->text, "d");
    assert_text(choice[5].logprobs, "{},[]");
    assert_text(choice[1].blocks->text, "e");
    assert_null(choice[3].blocks);
    assert_int_equal(choice[3].finish, AG_FINISH_STOP);

    heard_free(&g.heard);
}


static void
a_full_arena_is_said(void **state)
{
    gathered_t    g;
    ag_reader_t  *r;

    (void) state;

    r = gather(&g);
    g.heard.arena.max = 64;

    ag_reader_start(r, text("i"), text("m"));
    (void) ag_reader_open(r, 0, 0, AG_BLOCK_TEXT, text(""), text(""));
    assert_int_equal(r->rc, AG_NOMEM);

    heard_free(&g.heard);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(pieces_become_blocks),
        cmocka_unit_test(choices_come_in_any_order),
        cmocka_unit_test(a_full_arena_is_said)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
