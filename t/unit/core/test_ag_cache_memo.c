/*
 * Copyright (C) ngx_agent authors
 *
 * The memo of keys: it says what ag_cache_key() says, knows what came twice
 * and only that, and never takes one question for another.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_cache_memo.c"


#define QUESTIONS  2000


/* What a set should hold: numbers of questions from 1 on. */
typedef struct {
    unsigned  seen;
    unsigned  entries[AG_CACHE_MEMO_WAYS];
    unsigned  newest;
} model_set_t;


static ag_cache_memo_t  memo;
static ag_buf_t         scratch;
static char             body[4 * AG_CACHE_MEMO_MAX];


static int
setup(void **state)
{
    static const uint64_t  seed[AG_CACHE_MEMO_SEED] = {
        UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9),
        UINT64_C(0x94d049bb133111eb), UINT64_C(0x2545f4914f6cdd1d)
    };

    (void) state;

    ag_cache_memo_init(&memo, seed);
    ag_buf_init(&scratch, AG_REQUEST_MAX);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    ag_cache_memo_free(&memo);
    ag_buf_free(&scratch);

    return 0;
}


/* A body of that many bytes. */
static ag_cache_question_t
question(unsigned number, size_t len)
{
    int                  n;
    ag_cache_question_t  q;

    n = sprintf(body, "{\"n\":%u,\"x\":\"", number);
    assert_true((size_t) n + 2 <= len && len <= sizeof(body));
    memset(body + n, 'x', len - (size_t) n - 2);
    memcpy(body + len - 2, "\"}", 2);

    memset(&q, 0, sizeof(q));
    q.tenant = ag_str("acme", 4);
    q.model = ag_str("m", 1);
    q.body = ag_str(body, len);

    return q;
}


/* Asks; the key must be right. */
static void
ask(const ag_cache_question_t *q)
{
    ag_buf_t   other;
    ag_char_t  key[AG_CACHE_KEY], expected[AG_CACHE_KEY];

    ag_buf_init(&other, AG_REQUEST_MAX);
    assert_int_equal(ag_cache_key(q, &other, expected), AG_OK);
    ag_buf_free(&other);

    assert_int_equal(ag_cache_memo_key(&memo, q, &scratch, key), AG_OK);
    assert_memory_equal(key, expected, AG_CACHE_KEY);
}


/* The one entry that there is. */
static ag_cache_memo_entry_t *
entry(void)
{
    size_t                  i, j;
    ag_cache_memo_entry_t  *found;

    found = NULL;

    for (i = 0; i < AG_CACHE_MEMO_SETS; i++) {
        for (j = 0; j < AG_CACHE_MEMO_WAYS; j++) {
            if (memo.sets[i].entries[j].data != NULL) {
                assert_null(found);
                found = &memo.sets[i].entries[j];
            }
        }
    }

    return found;
}


/* Does the answer come from the memo?  It tells a wrong key then.  What it
 * does not know it forgets. */
static unsigned
known(const ag_cache_question_t *q, ag_cache_memo_entry_t *e)
{
    size_t     i;
    ag_char_t  key[AG_CACHE_KEY];

    for (i = 0; i < AG_CACHE_MEMO_SETS; i++) {
        memo.sets[i].seen = 0;
    }

    e->key[7] ^= 1;
    assert_int_equal(ag_cache_memo_key(&memo, q, &scratch, key), AG_OK);
    e->key[7] ^= 1;
    key[7] ^= 1;

    return memcmp(key, e->key, AG_CACHE_KEY) == 0;
}


static void
what_comes_twice_is_kept(void **state)
{
    ag_cache_question_t  q;

    (void) state;

    q = question(1, 100);
    ask(&q);
    assert_null(entry());
    ask(&q);
    assert_non_null(entry());
    assert_true(known(&q, entry()));
    ask(&q);

    /* the same words in other bytes: the same key, by another way */

    q.body = ag_str("{ \"n\":1,\"x\":\"x\"}", 16);
    ask(&q);
}


static void
every_part_is_compared(void **state)
{
    size_t                  i;
    ag_str_t               *part;
    ag_cache_question_t     q, other;
    ag_cache_memo_entry_t  *e;

    static const size_t  parts[] = {
        offsetof(ag_cache_question_t, tenant),
        offsetof(ag_cache_question_t, version),
        offsetof(ag_cache_question_t, endpoint),
        offsetof(ag_cache_question_t, query),
        offsetof(ag_cache_question_t, asked),
        offsetof(ag_cache_question_t, model),
        offsetof(ag_cache_question_t, tags),
        offsetof(ag_cache_question_t, validation)
    };

    (void) state;

    q = question(1, 100);
    ask(&q);
    ask(&q);
    e = entry();

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        other = q;
        part = (ag_str_t *) ((char *) &other + parts[i]);
        *part = ag_str("other", 5);
        assert_false(known(&other, e));
    }

    other = q;
    other.scope = AG_CACHE_SCOPE_KEY;
    assert_false(known(&other, e));

    /* as if the hashes of two were the same */

    for (i = 0; i < e->len; i++) {
        e->data[i] ^= 1;
        assert_false(known(&q, e));
        e->data[i] ^= 1;
    }

    e->head++;
    assert_false(known(&q, e));
    e->head--;
    e->len++;
    assert_false(known(&q, e));
    e->len--;
    e->hash++;
    assert_false(known(&q, e));
    e->hash--;
    assert_true(known(&q, e));
}


static void
bytes_of_any_length_are_hashed(void **state)
{
    size_t      i, len;
    uint64_t    hash;
    ag_char_t  *bytes;

    (void) state;

    for (len = 0; len < 100; len++) {
        bytes = calloc(1, len > 0 ? len : 1);
        assert_non_null(bytes);
        hash = ag_cache_memo_hash(&memo, ag_str("h", 1), ag_str(bytes, len));

        for (i = 0; i < len; i++) {
            bytes[i] ^= 1;
            assert_true(ag_cache_memo_hash(&memo, ag_str("h", 1),
                                           ag_str(bytes, len)) != hash);
            bytes[i] ^= 1;
        }

        assert_true(ag_cache_memo_hash(&memo, ag_str("h", 1),
                                       ag_str(bytes, len)) == hash);
        assert_true(ag_cache_memo_hash(&memo, ag_str("h", 1),
                                       ag_str(bytes, len / 2)) != hash
                    || len == 0);
        memo.seed[len % AG_CACHE_MEMO_SEED]++;
        assert_true(ag_cache_memo_hash(&memo, ag_str("h", 1),
                                       ag_str(bytes, len)) != hash);
        free(bytes);
    }
}


static void
large_questions_are_not_kept(void **state)
{
    size_t               head;
    ag_cache_question_t  q;

    (void) state;

    q = question(1, 100);
    assert_int_equal(ag_cache_key_begin(&q, &scratch), AG_OK);
    head = scratch.len;

    q = question(1, AG_CACHE_MEMO_MAX - head + 1);
    ask(&q);
    ask(&q);
    q = question(1, AG_CACHE_MEMO_MAX + 1);
    ask(&q);
    ask(&q);
    assert_null(entry());

    q = question(1, AG_CACHE_MEMO_MAX - head);
    ask(&q);
    ask(&q);
    assert_non_null(entry());
    assert_int_equal(entry()->size, AG_CACHE_MEMO_MAX);
    assert_true(known(&q, entry()));
}


static void
what_has_no_key_is_refused(void **state)
{
    ag_char_t            key[AG_CACHE_KEY];
    ag_cache_question_t  q;

    (void) state;

    q = question(1, 100);
    q.body.len--;
    assert_int_equal(ag_cache_memo_key(&memo, &q, &scratch, key), AG_INVALID);
    assert_int_equal(ag_cache_memo_key(&memo, &q, &scratch, key), AG_INVALID);
    assert_null(entry());

    q = question(1, 100);
    q.tenant.len = 0;
    assert_int_equal(ag_cache_memo_key(&memo, &q, &scratch, key), AG_INVALID);

    q = question(1, 100);
    scratch.max = 150;
    assert_int_equal(ag_cache_memo_key(&memo, &q, &scratch, key), AG_LIMIT);
    scratch.max = 10;
    assert_int_equal(ag_cache_memo_key(&memo, &q, &scratch, key), AG_LIMIT);
}


/* One question, by the model. */
static void
model_ask(model_set_t *set, unsigned number)
{
    unsigned  i;

    for (i = 0; i < AG_CACHE_MEMO_WAYS; i++) {
        if (set->entries[i] == number) {
            set->newest = i;
            return;
        }
    }

    if (set->seen != number) {
        set->seen = number;
        return;
    }

    set->newest = (set->newest + 1) % AG_CACHE_MEMO_WAYS;
    set->entries[set->newest] = number;
}


static void
holds_what_a_model_holds(void **state)
{
    size_t               i, j, len, total;
    uint64_t             random, hash;
    unsigned             number;
    model_set_t         *set;
    ag_cache_question_t  q;

    static model_set_t  sets[AG_CACHE_MEMO_SETS];
    static uint64_t     hashes[QUESTIONS + 1];

    (void) state;

    random = 1;

    for (i = 0; i < 40000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695;
        number = (unsigned) (random >> 33) % QUESTIONS + 1;
        number = (random >> 20 & 1) ? number : number % 500 + 1;
        len = 30 + number * 7 % 3000;

        q = question(number, len);
        assert_int_equal(ag_cache_key_begin(&q, &scratch), AG_OK);
        hash = ag_cache_memo_hash(&memo, ag_buf_str(&scratch), q.body);
        hashes[number] = hash;

        ask(&q);
        set = &sets[hash % AG_CACHE_MEMO_SETS];
        model_ask(set, number);

        for (j = 0; j < AG_CACHE_MEMO_WAYS; j++) {
            assert_true(memo.sets[hash % AG_CACHE_MEMO_SETS].entries[j].hash
                        == hashes[set->entries[j]]);
        }
    }

    for (i = 0, total = 0; i < AG_CACHE_MEMO_SETS; i++) {
        for (j = 0; j < AG_CACHE_MEMO_WAYS; j++) {
            total += memo.sets[i].entries[j].size;
        }
    }

    assert_true(total > 0);
    assert_true(total <= AG_CACHE_MEMO_ENTRIES * AG_CACHE_MEMO_MAX);

    /* empty, and usable again */

    ag_cache_memo_free(&memo);
    assert_null(entry());
    q = question(1, 100);
    ask(&q);
    ask(&q);
    assert_true(known(&q, entry()));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(what_comes_twice_is_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_part_is_compared, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bytes_of_any_length_are_hashed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(large_questions_are_not_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_has_no_key_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(holds_what_a_model_holds, setup,
                                        teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
