/*
 * Copyright (C) ngx_agent authors
 *
 * Choices among equals by a key, and the hashes of names and keys.
 */


#include "core/balance_test.h"


static size_t home(equals_t *e, uint32_t set, uint64_t key);


/* Where a key belongs. */
static size_t
home(equals_t *e, uint32_t set, uint64_t key)
{
    return ag_balance_choose(AG_BALANCE_HASH, e->members, e->count, set,
                             number(e), key, number(e));
}


static void
a_key_stays_where_it_is(void **state)
{
    size_t    at, left;
    equals_t  e, other;
    unsigned  moved;
    uint64_t  key;
    uint32_t  set;

    (void) state;

    e = equals(8, NULL);
    moved = 0;

    for (key = 0; key < 2000; key++) {
        at = home(&e, 0xff, key);
        assert_int_equal(home(&e, 0xff, key), at);

        /* one leaves: only its keys go elsewhere */

        for (left = 0; left < 8; left++) {
            set = 0xffu & ~(UINT32_C(1) << left);

            if (left == at) {
                assert_true(home(&e, set, key) != at);

            } else {
                assert_int_equal(home(&e, set, key), at);
            }
        }

        /* the order in the configuration does not matter */

        other = e;
        other.members[0] = e.members[5];
        other.members[5] = e.members[0];
        assert_int_equal(home(&other, 0xff, key),
                         (at == 0) ? 5 : (at == 5) ? 0 : at);

        /* one gets more: keys move only to it */

        other = e;
        other.members[3].weight = 3;
        left = home(&other, 0xff, key);
        assert_true(left == at || left == 3);
        moved += (left != at);
    }

    /* its part goes from 1/8 to 3/10 */

    assert_in_range(moved, 2000 * 0.14, 2000 * 0.21);
}


static void
keys_are_spread_by_weight(void **state)
{
    unsigned               i, counts[AG_BALANCE_MAX];
    equals_t               e;
    static const uint32_t  weights[] = { 1, 2, 3, 4 };

    (void) state;

    e = equals(AG_BALANCE_MAX, NULL);
    draw(&e, AG_BALANCE_HASH, ALL, counts);

    for (i = 0; i < AG_BALANCE_MAX; i++) {
        assert_in_range(counts[i], DRAWS / 32 * 0.9, DRAWS / 32 * 1.1);
    }

    e = equals(4, weights);
    draw(&e, AG_BALANCE_HASH, ALL, counts);
    about(counts[0], 0.1);
    about(counts[1], 0.2);
    about(counts[2], 0.3);
    about(counts[3], 0.4);

    /* names and keys that are small numbers */

    memset(counts, 0, sizeof(counts));

    for (i = 0; i < 4; i++) {
        e.members[i].hash = i;
    }

    for (i = 0; i < DRAWS; i++) {
        counts[home(&e, ALL, i)]++;
    }

    about(counts[0], 0.1);
    about(counts[3], 0.4);

    e.members[3].ramp = 10;
    draw(&e, AG_BALANCE_HASH, ALL, counts);
    about(counts[2], 3 / 6.4);
    about(counts[3], 0.4 / 6.4);

    e = equals(2, NULL);
    e.members[1].weight = 1000;
    draw(&e, AG_BALANCE_HASH, ALL, counts);
    assert_in_range(counts[0], 50, 160);
}


/* Keys would move if these did. */
static void
hashes_are_fixed(void **state)
{
    (void) state;

    assert_true(ag_balance_hash(ag_str(NULL, 0))
                == UINT64_C(0xefd01f60ba992926));
    assert_true(ag_balance_hash(ag_str("a", 1))
                == UINT64_C(0x82a2a958a9bece5b));
    assert_true(ag_balance_hash(ag_str("foobar", 6))
                == UINT64_C(0x2c22194922d1672b));
    assert_true(ag_balance_hash(ag_str("\xff\0", 2))
                == UINT64_C(0x6697e69689e5177a));
}


static void
hashes_mix_all_bits(void **state)
{
    uint64_t  text, hash, changed;
    unsigned  i, bit, n, counts[64] = { 0 };

    (void) state;

    for (i = 0; i < 6400; i++) {
        text = i * UINT64_C(0x9e3779b97f4a7c15);
        hash = ag_balance_hash(ag_str(&text, sizeof(text)));

        text ^= UINT64_C(1) << (i % 64);
        changed = hash ^ ag_balance_hash(ag_str(&text, sizeof(text)));
        n = 0;

        for (bit = 0; bit < 64; bit++) {
            counts[bit] += (unsigned) (changed >> bit & 1);
            n += (unsigned) (changed >> bit & 1);
        }

        assert_in_range(n, 8, 56);
    }

    for (bit = 0; bit < 64; bit++) {
        assert_in_range(counts[bit], 2900, 3500);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_key_stays_where_it_is),
        cmocka_unit_test(keys_are_spread_by_weight),
        cmocka_unit_test(hashes_are_fixed),
        cmocka_unit_test(hashes_mix_all_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
