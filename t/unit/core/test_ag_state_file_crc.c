/*
 * Copyright (C) ngx_agent authors
 *
 * CRC-32C.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ag_state_file_parts.h"


static uint32_t
crc(const void *data, size_t len)
{
    return ag_state_file_crc(ag_str(data, len));
}


static void
is_what_the_standard_says(void **state)
{
    unsigned   i;
    ag_char_t  bytes[32];

    (void) state;

    assert_true(crc("123456789", 9) == 0xe3069283);
    assert_true(crc(NULL, 0) == 0);

    /* RFC 3720, B.4, read as little-endian */

    memset(bytes, 0, 32);
    assert_true(crc(bytes, 32) == 0x8a9136aa);

    memset(bytes, 0xff, 32);
    assert_true(crc(bytes, 32) == 0x62a8ab43);

    for (i = 0; i < 32; i++) {
        bytes[i] = (ag_char_t) i;
    }

    assert_true(crc(bytes, 32) == 0x46dd794e);

    for (i = 0; i < 32; i++) {
        bytes[i] = (ag_char_t) (31 - i);
    }

    assert_true(crc(bytes, 32) == 0x113fdb5c);
}


/* The whole table against the polynomial, bit by bit. */
static void
every_byte_is_divided(void **state)
{
    unsigned   i, bit;
    uint32_t   divided;
    ag_char_t  byte;

    (void) state;

    for (i = 0; i < 256; i++) {
        byte = (ag_char_t) i;
        divided = UINT32_MAX ^ byte;

        for (bit = 0; bit < 8; bit++) {
            divided = divided >> 1 ^ ((divided & 1) ? 0x82f63b78 : 0);
        }

        assert_true(crc(&byte, 1) == ~divided);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(is_what_the_standard_says),
        cmocka_unit_test(every_byte_is_divided),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
