/*
 * Copyright (C) ngx_agent authors
 *
 * Texts cut into pieces.
 */


#include "dialect_test.h"

#include "dialect/ag_replay_parts.h"


/* All pieces together are the text; returns how many there are. */
static size_t
cut(ag_str_t whole, unsigned is_text)
{
    size_t            count;
    ag_str_t          rest, piece;
    const ag_char_t  *at;

    rest = whole;
    at = whole.data;

    for (count = 0; rest.len > 0; count++) {
        piece = ag_replay_piece(&rest);

        assert_true(piece.len > 0 && piece.len <= AG_REPLAY_PIECE);
        assert_true(piece.len > AG_REPLAY_PIECE / 2 || rest.len == 0);
        assert_ptr_equal(piece.data, at);
        assert_true(rest.len == 0 || rest.data == at + piece.len);

        if (is_text) {
            assert_true((piece.data[0] & 0xc0) != 0x80);
        }

        at += piece.len;
    }

    assert_ptr_equal(at, whole.data + whole.len);

    return count;
}


static void
no_text_is_no_piece(void **state)
{
    ag_str_t  rest;

    (void) state;

    rest = ag_str(NULL, 0);
    assert_int_equal(ag_replay_piece(&rest).len, 0);
    assert_int_equal(rest.len, 0);
}


static void
a_short_text_is_one(void **state)
{
    ag_str_t  rest;

    (void) state;

    rest = text("two words");
    assert_text(ag_replay_piece(&rest), "two words");
    assert_int_equal(rest.len, 0);
}


static void
words_stay_whole(void **state)
{
    ag_str_t  rest;

    (void) state;

    rest = text("a text of words that is just long enough to be cut at the "
                "end of one of them\nand not within it, wherever that is");

    assert_text(ag_replay_piece(&rest),
                "a text of words that is just long enough to be cut at the "
                "end of");
    assert_text(ag_replay_piece(&rest),
                " one of them\nand not within it, wherever that is");
    assert_int_equal(rest.len, 0);
}


static void
characters_stay_whole(void **state)
{
    size_t     i, len;
    ag_char_t  bytes[1000];

    static const char *const  characters[] = {
        "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"
    };

    (void) state;

    for (i = 0; i < 4; i++) {
        for (len = 0; len + 8 < sizeof(bytes); len += i + 1) {
            memcpy(bytes + len, characters[i], i + 1);
        }

        assert_true(cut(ag_str(bytes, len), 1) > 10);
        bytes[0] = 'x';
        assert_true(cut(ag_str(bytes, len), i == 0) > 10);
    }
}


static void
bytes_that_are_no_text_are_cut_too(void **state)
{
    ag_char_t  bytes[300];

    (void) state;

    memset(bytes, 0x80, sizeof(bytes));
    assert_int_equal(cut(ag_str(bytes, sizeof(bytes)), 0), 5);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(no_text_is_no_piece),
        cmocka_unit_test(a_short_text_is_one),
        cmocka_unit_test(words_stay_whole),
        cmocka_unit_test(characters_stay_whole),
        cmocka_unit_test(bytes_that_are_no_text_are_cut_too)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
