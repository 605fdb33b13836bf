/*
 * Copyright (C) ngx_agent authors
 *
 * The arena with a maximum.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ag_arena.h"


#define MAX     (1024 * 1024)
#define PIECES  3000


const char *__asan_default_options(void);
static unsigned is_all(const ag_char_t *p, size_t len, ag_char_t c);


/* one test asks for more memory than there is */

const char *
__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}


static void
starts_empty_without_memory(void **state)
{
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, MAX);

    assert_null(arena.chunks);
    assert_null(arena.bufs);
    assert_int_equal(arena.used, 0);
    assert_int_equal(arena.max, MAX);

    ag_arena_free(&arena);
    assert_int_equal(arena.max, MAX);
}


/* Of all sizes, in turn: none reaches into another, each is zeroed. */
static void
gives_zeroed_and_aligned_pieces_of_their_own(void **state)
{
    size_t       i, sizes[PIECES];
    ag_char_t   *pieces[PIECES];
    ag_arena_t   arena;

    (void) state;

    ag_arena_init(&arena, 16 * MAX);

    for (i = 0; i < PIECES; i++) {
        sizes[i] = (i % 7 == 0) ? i * 2 : (i % 5 == 0) ? 999 + i % 4 : i % 90;
        pieces[i] = ag_arena_alloc(&arena, sizes[i]);

        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t) pieces[i] % (2 * sizeof(void *)), 0);
        assert_true(is_all(pieces[i], sizes[i], 0));

        memset(pieces[i], (int) (i % 255) + 1, sizes[i]);
    }

    for (i = 0; i < PIECES; i++) {
        assert_true(is_all(pieces[i], sizes[i], (ag_char_t) (i % 255 + 1)));
    }

    ag_arena_free(&arena);
}


static void
gives_no_more_than_its_maximum(void **state)
{
    size_t      given;
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, 1000);

    assert_null(ag_arena_alloc(&arena, 1001));
    assert_null(arena.chunks);
    assert_non_null(ag_arena_alloc(&arena, 1000));
    assert_null(ag_arena_alloc(&arena, 1));
    assert_null(ag_arena_copy(&arena, ag_str("a", 1)).data);
    assert_null(ag_arena_buf(&arena, 10));

    ag_arena_free(&arena);
    assert_int_equal(arena.used, 0);

    for (given = 0; ag_arena_alloc(&arena, 1) != NULL; given++) {
        assert_true(given < 1000);
    }

    /* each took the room of a pointer or two, never less than it is */

    assert_true(given >= 1000 / (2 * sizeof(void *)));

    ag_arena_free(&arena);
}


static void
has_no_more_memory_than_there_is(void **state)
{
    ag_arena_t  arena;

    (void) state;

    ag_arena_init(&arena, SIZE_MAX);

    assert_null(ag_arena_alloc(&arena, SIZE_MAX));
    assert_null(ag_arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(ag_arena_alloc(&arena, SIZE_MAX / 2));
    assert_int_equal(arena.used, 0);
    assert_non_null(ag_arena_alloc(&arena, 10));

    ag_arena_free(&arena);
}


/* Room that a small piece left is used behind a large one too. */
static void
wastes_no_chunk_on_a_large_piece(void **state)
{
    ag_char_t   *first, *next;
    ag_arena_t   arena;

    (void) state;

    ag_arena_init(&arena, MAX);

    first = ag_arena_alloc(&arena, 16);
    assert_non_null(ag_arena_alloc(&arena, 100000));
    next = ag_arena_alloc(&arena, 16);

    assert_ptr_equal(next, first + 16);

    ag_arena_free(&arena);
}


static void
copies_texts(void **state)
{
    char         text[] = "text";
    ag_str_t     copy;
    ag_arena_t   arena;

    (void) state;

    ag_arena_init(&arena, MAX);

    copy = ag_arena_copy(&arena, ag_str(text, 4));
    text[0] = 'x';
    assert_true(ag_str_is(copy, "text"));

    copy = ag_arena_copy(&arena, ag_str(NULL, 0));
    assert_non_null(copy.data);
    assert_int_equal(copy.len, 0);

    ag_arena_free(&arena);

    /* no text needs no room */

    ag_arena_init(&arena, 0);
    assert_non_null(ag_arena_copy(&arena, ag_str("", 0)).data);
    assert_null(arena.chunks);
}


static void
frees_its_buffers(void **state)
{
    int          i;
    ag_buf_t    *one, *two;
    ag_arena_t   arena;

    (void) state;

    ag_arena_init(&arena, MAX);

    for (i = 0; i < 2; i++) {
        one = ag_arena_buf(&arena, 5);
        two = ag_arena_buf(&arena, 10 * MAX);

        assert_int_equal(ag_buf_add_string(one, "12345"), AG_OK);
        assert_int_equal(ag_buf_add_string(one, "6"), AG_LIMIT);
        assert_int_equal(ag_buf_reserve(two, 2 * MAX), AG_OK);
        assert_true(arena.used < MAX);
        assert_true(ag_str_is(ag_buf_str(one), "12345"));

        ag_arena_free(&arena);
        assert_null(arena.bufs);
        assert_null(arena.chunks);
    }
}


static unsigned
is_all(const ag_char_t *p, size_t len, ag_char_t c)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] != c) {
            return 0;
        }
    }

    return 1;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(starts_empty_without_memory),
        cmocka_unit_test(gives_zeroed_and_aligned_pieces_of_their_own),
        cmocka_unit_test(gives_no_more_than_its_maximum),
        cmocka_unit_test(has_no_more_memory_than_there_is),
        cmocka_unit_test(wastes_no_chunk_on_a_large_piece),
        cmocka_unit_test(copies_texts),
        cmocka_unit_test(frees_its_buffers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
