/*
 * Copyright (C) ngx_agent authors
 *
 * The cache against a list that is looked through from end to end.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cache_test.h"


#define BLOCKS   40
#define OWNERS   5
#define NUMBERS  48
#define STEPS    12000
#define PENDING  4


typedef struct {
    unsigned           there;
    unsigned           written;             /* by its pending place */
    uint64_t           number;
    uint64_t           version;
    uint64_t           owner;
    uint64_t           expires_ms;
    uint64_t           used;                /* step */
    uint32_t           len;
    ag_cache_place_t   place;
} answer_t;


typedef struct {
    ag_cache_t        *c;
    uint64_t           seed;
    uint64_t           step;
    uint64_t           now;
    uint64_t           evicted;
    uint64_t           expired;
    answer_t           answers[NUMBERS];    /* that are there */
    answer_t           pending[PENDING];    /* that are being written */
} model_t;


static uint32_t blocks_of(const answer_t *answer);
static uint32_t share_of(const model_t *model, uint64_t owner,
    unsigned *can_go);
static uint32_t used_of(const model_t *model);
static void forget_one(model_t *model, uint64_t asks, uint32_t count);
static void step_begin(model_t *model);
static void step_end(model_t *model);
static void step_find(model_t *model);
static void step_remove(model_t *model);
static void step_purge(model_t *model);
static void compare(model_t *model);


static uint32_t
blocks_of(const answer_t *answer)
{
    return answer->there ? (answer->len + AG_CACHE_BLOCK - 1) / AG_CACHE_BLOCK
                         : 0;
}


static uint32_t
share_of(const model_t *model, uint64_t owner, unsigned *can_go)
{
    size_t    i;
    uint32_t  share;

    share = 0;
    *can_go = 0;

    for (i = 0; i < NUMBERS; i++) {
        if (model->answers[i].there && model->answers[i].owner == owner) {
            share += blocks_of(&model->answers[i]);
            *can_go = 1;
        }
    }

    for (i = 0; i < PENDING; i++) {
        if (model->pending[i].owner == owner) {
            share += blocks_of(&model->pending[i]);
        }
    }

    return share;
}


static uint32_t
used_of(const model_t *model)
{
    unsigned  can_go;
    uint32_t  used;
    uint64_t  owner;

    used = 0;

    for (owner = 0; owner < OWNERS; owner++) {
        used += share_of(model, owner, &can_go);
    }

    return used;
}


/* The owner with the largest share loses its oldest. */
static void
forget_one(model_t *model, uint64_t asks, uint32_t count)
{
    size_t     i;
    unsigned   can_go, better;
    uint32_t   share, most;
    uint64_t   owner, loses;
    answer_t  *oldest;

    most = 0;
    loses = 0;

    for (owner = 0; owner < OWNERS; owner++) {
        share = share_of(model, owner, &can_go);
        share += (owner == asks) ? count : 0;
        better = (share == most) ? loses != asks : share > most;

        if (can_go && better) {
            most = share;
            loses = owner;
        }
    }

    oldest = NULL;

    for (i = 0; i < NUMBERS; i++) {
        if (model->answers[i].there && model->answers[i].owner == loses
            && (oldest == NULL || model->answers[i].used < oldest->used))
        {
            oldest = &model->answers[i];
        }
    }

    assert_non_null(oldest);
    oldest->there = 0;
    model->evicted++;
}


static void
step_begin(model_t *model)
{
    size_t            i;
    uint32_t          count, reserved;
    answer_t         *answer;
    ag_cache_item_t   item;

    answer = &model->pending[draw(&model->seed, PENDING)];
    if (answer->there) {
        return;
    }

    answer->number = draw(&model->seed, NUMBERS);
    answer->version = model->step;
    answer->owner = draw(&model->seed, OWNERS) * draw(&model->seed, 2);
    answer->len = (uint32_t) draw(&model->seed, 6 * AG_CACHE_BLOCK) + 1;
    answer->len >>= draw(&model->seed, 4);
    answer->len += (answer->len == 0);
    answer->expires_ms = model->now + draw(&model->seed, 2000);

    reserved = 0;

    for (i = 0; i < PENDING; i++) {
        reserved += blocks_of(&model->pending[i]);
    }

    answer->there = 1;
    count = blocks_of(answer);
    answer->there = 0;

    item = item_of(answer->number, answer->version, answer->owner,
                   answer->len);
    item.expires_ms = answer->expires_ms;

    if (count > BLOCKS / AG_CACHE_PART || reserved + count > BLOCKS) {
        assert_int_equal(ag_cache_begin(model->c, &item, PID,
                                        &answer->place),
                         AG_LIMIT);
        return;
    }

    while (used_of(model) + count > BLOCKS) {
        forget_one(model, answer->owner, count);
    }

    assert_int_equal(ag_cache_begin(model->c, &item, PID, &answer->place),
                     AG_OK);
    answer->there = 1;
}


/* Writes in pieces, the last bytes first, and commits; or aborts. */
static void
step_end(model_t *model)
{
    size_t      at, len;
    answer_t   *answer;
    ag_char_t   bytes[6 * AG_CACHE_BLOCK];

    answer = &model->pending[draw(&model->seed, PENDING)];
    if (!answer->there) {
        return;
    }

    if (draw(&model->seed, 5) == 0) {
        ag_cache_abort(model->c, &answer->place);
        answer->there = 0;
        return;
    }

    fill(bytes, answer->len, answer->number, answer->version);

    for (at = answer->len; at > 0; at -= len) {
        len = draw(&model->seed, at) + 1;
        ag_cache_write(model->c, &answer->place, at - len, bytes + at - len,
                       len);
    }

    ag_cache_commit(model->c, &answer->place);

    answer->used = model->step;
    model->answers[answer->number] = *answer;
    answer->there = 0;
}


static void
step_find(model_t *model)
{
    answer_t          *answer;
    ag_char_t          key[AG_CACHE_KEY], bytes[6 * AG_CACHE_BLOCK];
    ag_cache_item_t    item;
    ag_cache_place_t   place;

    answer = &model->answers[draw(&model->seed, NUMBERS)];
    key_of(key, (uint64_t) (answer - model->answers));

    if (answer->there && model->now >= answer->expires_ms) {
        answer->there = 0;
        model->expired++;
    }

    if (!answer->there) {
        assert_int_equal(ag_cache_find(model->c, key, model->now, &item,
                                       &place),
                         AG_NONE);
        return;
    }

    assert_int_equal(ag_cache_find(model->c, key, model->now, &item, &place),
                     AG_OK);
    assert_int_equal(ag_cache_copy(model->c, &place, bytes, sizeof(bytes)),
                     AG_OK);
    assert_int_equal(item.len, answer->len);
    assert_int_equal(item.stored_ms, answer->version);
    assert_int_equal(item.owner, answer->owner);
    assert_true(is_filled(bytes, item.len, answer->number, answer->version));
    answer->used = model->step;
}


static void
step_remove(model_t *model)
{
    ag_char_t   key[AG_CACHE_KEY];
    answer_t   *answer;

    answer = &model->answers[draw(&model->seed, NUMBERS)];
    key_of(key, (uint64_t) (answer - model->answers));

    assert_int_equal(ag_cache_remove(model->c, key),
                     answer->there ? AG_OK : AG_NONE);
    answer->there = 0;
}


static void
step_purge(model_t *model)
{
    size_t             i, removed;
    uint32_t           cursor;
    answer_t          *answer;
    ag_cache_purge_t   what;

    what.owner = draw(&model->seed, OWNERS - 1) + 1;
    what.model = draw(&model->seed, 2) ? what.owner % 3 + 1 : 0;
    cursor = 0;
    removed = ag_cache_purge(model->c, &what, &cursor, SIZE_MAX);
    assert_int_equal(cursor, 0);

    for (i = 0; i < NUMBERS; i++) {
        answer = &model->answers[i];

        if (answer->there && answer->owner == what.owner) {
            answer->there = 0;
            removed--;
        }
    }

    assert_int_equal(removed, 0);
}


static void
compare(model_t *model)
{
    size_t            i;
    uint64_t          entries;
    const char       *wrong;
    ag_cache_stat_t   stat;

    wrong = ag_cache_check(model->c);
    if (wrong != NULL) {
        fail_msg("step %u: %s", (unsigned) model->step, wrong);
    }

    entries = 0;

    for (i = 0; i < NUMBERS; i++) {
        entries += model->answers[i].there;

        if (is_there(model->c, i) != model->answers[i].there) {
            fail_msg("step %u: answer %u", (unsigned) model->step,
                     (unsigned) i);
        }
    }

    stat = stat_of(model->c);
    assert_int_equal(stat.entries, entries);
    assert_int_equal(stat.used, used_of(model));
    assert_int_equal(stat.evicted, model->evicted);
    assert_int_equal(stat.expired, model->expired);
}


static void
test_it_does_as_the_list_does(void **state)
{
    model_t   model;
    uint64_t  what;

    (void) state;

    memset(&model, 0, sizeof(model));
    model.c = cache_of(BLOCKS);
    model.now = NOW;

    for (model.step = 1; model.step <= STEPS; model.step++) {
        model.now += draw(&model.seed, 5);
        what = draw(&model.seed, 100);

        if (what < 40) {
            step_begin(&model);

        } else if (what < 75) {
            step_end(&model);

        } else if (what < 97) {
            step_find(&model);

        } else if (what < 99) {
            step_remove(&model);

        } else if (draw(&model.seed, 2)) {
            step_purge(&model);

        } else {
            ag_cache_mend(model.c);
        }

        compare(&model);
    }

    assert_true(model.evicted > 500);
    assert_true(model.expired > 50);
    free(model.c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_it_does_as_the_list_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
