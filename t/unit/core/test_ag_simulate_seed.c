/*
 * Copyright (C) ngx_agent authors
 */


#include <ctype.h>

#include "core/simulated.h"


static void
numbers_next_to_each_other_mix_to_others(void **state)
{
    unsigned  i, bits, total;
    uint64_t  change;

    (void) state;
    total = 0;

    for (i = 0; i < 1000; i++) {
        change = ag_simulate_seed_mix(1, i) ^ ag_simulate_seed_mix(1, i + 1);

        for (bits = 0; change != 0; bits++) {
            change &= change - 1;
        }

        total += bits;
    }

    /* half of 64 bits change */

    assert_true(total > 31000 && total < 33000);
}


static void
every_byte_counts(void **state)
{
    size_t     len, i;
    uint64_t   hash;
    ag_char_t  bytes[40];

    (void) state;
    memset(bytes, 'x', sizeof(bytes));

    for (len = 1; len <= sizeof(bytes); len++) {
        hash = ag_simulate_seed_hash(7, ag_str(bytes, len));

        assert_true(hash != ag_simulate_seed_hash(8, ag_str(bytes, len)));
        assert_true(hash != ag_simulate_seed_hash(7, ag_str(bytes, len - 1)));

        for (i = 0; i < len; i++) {
            bytes[i] = 'y';
            assert_true(hash != ag_simulate_seed_hash(7, ag_str(bytes, len)));
            bytes[i] = 'x';
        }

        assert_true(hash == ag_simulate_seed_hash(7, ag_str(bytes, len)));
    }

    (void) ag_simulate_seed_hash(7, ag_str(NULL, 0));
}


static void
an_id_is_letters_and_digits(void **state)
{
    unsigned   i;
    ag_char_t  id[AG_SIMULATE_ID_CHARS], other[AG_SIMULATE_ID_CHARS];

    (void) state;

    ag_simulate_seed_id(1, id);
    ag_simulate_seed_id(2, other);
    assert_memory_not_equal(id, other, sizeof(id));

    for (i = 0; i < sizeof(id); i++) {
        assert_true(isalnum(id[i]));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(numbers_next_to_each_other_mix_to_others),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(an_id_is_letters_and_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
