/*
 * Copyright (C) ngx_agent authors
 *
 * State files of any bytes: what is read is a window that could have been,
 * within its size.  And windows that have lived: written and read at once
 * they have the same sums at any later time; read later, never less than what
 * was taken less than a window ago.
 *
 * The first byte of the input chooses: a file, bodies that get their length
 * and CRC, or the life of a window; then come the times.
 */


#include <assert.h>
#include <stdlib.h>

#include "core/ag_state_file_parts.h"


#define FUZZ_HEAD    30     /* bytes of the input before the rest */
#define FUZZ_TIME    (UINT64_C(1) << 60)
#define FUZZ_STEPS   300
#define FUZZ_LOG     40     /* admissions of a log */


typedef struct {
    ag_limit_t    limit;
    ag_window_t  *window;
    ag_now_t      now;
    unsigned      steps;
    uint64_t      times[FUZZ_STEPS];        /* us, or Unix time */
    uint64_t      amounts[FUZZ_STEPS];
} fuzz_life_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void fuzz_file(ag_str_t bytes, size_t size, ag_now_t now,
    uint64_t elapsed);
static void fuzz_bodies(ag_str_t bytes, size_t size, ag_now_t now,
    uint64_t elapsed);
static void fuzz_consistent(const ag_window_t *window, size_t size,
    ag_now_t now);
static void fuzz_life(ag_str_t bytes, unsigned kind, uint64_t length,
    ag_now_t now, uint64_t elapsed);
static void fuzz_live(fuzz_life_t *life, ag_str_t bytes);
static void fuzz_take(fuzz_life_t *life, uint64_t amount);
static ag_window_t *fuzz_again(const fuzz_life_t *life, ag_now_t now,
    uint64_t elapsed);
static void fuzz_later(const fuzz_life_t *life, const ag_window_t *window,
    ag_now_t now, uint64_t elapsed);
static uint64_t fuzz_least(const fuzz_life_t *life, ag_now_t then);
static uint64_t fuzz_add(uint64_t a, uint64_t b);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t    room;
    uint64_t  elapsed;
    ag_str_t  bytes;
    ag_now_t  now;

    if (size < FUZZ_HEAD) {
        return 0;
    }

    now.us = ag_word(data + 1) % FUZZ_TIME;
    now.wall = (int64_t) ag_word(data + 9);
    elapsed = ag_word(data + 17);
    room = data[25] * UINT64_C(32) + data[26];
    bytes = ag_str(data + FUZZ_HEAD, size - FUZZ_HEAD);

    switch (data[0] % 4) {

    case 0:
        fuzz_file(bytes, room, now, elapsed);
        break;

    case 1:
        fuzz_bodies(bytes, room, now, elapsed);
        break;

    default:
        fuzz_life(bytes, data[25], ag_state_file_get32(data + 26), now,
                  elapsed);
    }

    return 0;
}


static void
fuzz_file(ag_str_t bytes, size_t size, ag_now_t now, uint64_t elapsed)
{
    int           rc;
    uint64_t      id[2], wall;
    ag_str_t      text;
    ag_char_t    *copy;
    ag_window_t  *window;

    copy = malloc(bytes.len + (bytes.len == 0));
    window = malloc(size + (size == 0));
    assert(copy != NULL && window != NULL);
    memcpy(copy, bytes.data, bytes.len);

    text = ag_str(copy, bytes.len);
    rc = ag_state_file_read_head(&text, &wall);
    assert(rc == AG_OK || (rc == AG_INVALID && text.len == bytes.len));

    for ( ;; ) {
        rc = ag_state_file_read(&text, id, window, size, &now, elapsed);
        assert(text.data + text.len == copy + bytes.len);

        if (rc == AG_NONE) {
            break;
        }

        assert(rc == AG_OK || rc == AG_LIMIT);

        if (rc == AG_OK) {
            fuzz_consistent(window, size, now);
        }
    }

    free(copy);
    free(window);
}


/* Two bytes of length, then a body. */
static void
fuzz_bodies(ag_str_t bytes, size_t size, ag_now_t now, uint64_t elapsed)
{
    size_t     len;
    ag_buf_t   file;
    ag_char_t  mark[AG_STATE_FILE_MARK];

    ag_buf_init(&file, SIZE_MAX);
    assert(ag_state_file_head(&file, 1) == AG_OK);

    while (bytes.len >= 2) {
        len = bytes.data[0] | (size_t) bytes.data[1] << 8;
        bytes = ag_str(bytes.data + 2, bytes.len - 2);
        len = (len < bytes.len) ? len : bytes.len;

        ag_state_file_set32(mark, (uint32_t) len);
        ag_state_file_set32(mark + 4,
                            ag_state_file_crc(ag_str(bytes.data, len)));
        assert(ag_buf_add(&file, mark, sizeof(mark)) == AG_OK);
        assert(ag_buf_add(&file, bytes.data, len) == AG_OK);

        bytes = ag_str(bytes.data + len, bytes.len - len);
    }

    fuzz_file(ag_buf_str(&file), size, now, elapsed);
    ag_buf_free(&file);
}


static void
fuzz_consistent(const ag_window_t *window, size_t size, ag_now_t now)
{
    size_t        i, len;
    uint64_t      sum, used;
    ag_window_t  *mended;

    len = sizeof(ag_window_t) + window->capacity * sizeof(uint64_t);
    assert(len <= size);
    assert(window->kind < AG_WINDOW_COUNT);

    if (window->kind < AG_WINDOW_DAY) {
        assert(window->last <= now.us);
    }

    used = ag_window_used(window, &now);

    if (window->kind == AG_WINDOW_RING) {
        for (sum = 0, i = 0; i < window->capacity; i++) {
            sum += window->slots[i];
            assert(sum >= window->slots[i]);
        }

        assert(sum == window->sum && used == sum);

    } else if (window->kind == AG_WINDOW_LOG) {
        assert(window->head <= window->capacity && used == window->head);

    } else {
        assert(used == window->sum);
    }

    mended = malloc(len);
    assert(mended != NULL);
    memcpy(mended, window, len);
    ag_window_mend(mended);
    assert(memcmp(mended, window, len) == 0);
    free(mended);
}


static void
fuzz_life(ag_str_t bytes, unsigned kind, uint64_t length, ag_now_t now,
    uint64_t elapsed)
{
    fuzz_life_t  *life;
    ag_window_t  *window;

    life = calloc(1, sizeof(*life));
    assert(life != NULL);

    life->limit.kind = (ag_window_kind_t) (kind % AG_WINDOW_COUNT);
    life->limit.max = FUZZ_LOG;

    if (life->limit.kind < AG_WINDOW_DAY) {
        life->limit.window = length % AG_WINDOW_MAX_US + 1;
    }

    /* far from both ends of time */

    now.us = fuzz_add(now.us, 2 * AG_WINDOW_MAX_US);
    now.wall = (int64_t) ((uint64_t) now.wall % UINT64_C(200000000000));
    elapsed %= AG_WINDOW_MAX_US;

    life->now = now;
    life->window = malloc(ag_window_size(&life->limit));
    assert(life->window != NULL);
    ag_window_init(life->window, &life->limit);

    fuzz_live(life, bytes);

    window = fuzz_again(life, life->now, 0);
    fuzz_later(life, window, life->now, 0);
    free(window);

    /* on a clock of its own */

    now.us = fuzz_add(now.us % (7 * AG_WINDOW_MAX_US), 3 * AG_WINDOW_MAX_US);
    now.wall = life->now.wall + (int64_t) (elapsed / 1000000);

    window = fuzz_again(life, now, elapsed);
    fuzz_later(life, window, now, elapsed);
    free(window);

    free(life->window);
    free(life);
}


/* Each byte is a step in time and an amount. */
static void
fuzz_live(fuzz_life_t *life, ag_str_t bytes)
{
    size_t    i;
    uint64_t  step;

    for (i = 0; i < bytes.len && i < FUZZ_STEPS; i++) {

        switch (bytes.data[i] & 3) {

        case 0:
            step = 0;
            break;

        case 1:
            step = bytes.data[i];
            break;

        case 2:
            step = life->limit.window / 1000 * bytes.data[i];
            break;

        default:
            step = life->limit.window / 20000 * bytes.data[i];
        }

        life->now.us += step;
        life->now.wall += bytes.data[i] * 1000;

        if (bytes.data[i] >> 2 != 0) {
            fuzz_take(life, bytes.data[i] >> 2);
        }
    }
}


static void
fuzz_take(fuzz_life_t *life, uint64_t amount)
{
    ag_claim_t  claim;

    memset(&claim, 0, sizeof(claim));
    claim.limit = &life->limit;
    claim.window = life->window;
    claim.max = UINT64_MAX;
    claim.amount = amount;

    ag_limit_record(&claim, 1, &life->now);

    life->times[life->steps] = life->now.us;
    life->amounts[life->steps++] = claim.taken;
}


static ag_window_t *
fuzz_again(const fuzz_life_t *life, ag_now_t now, uint64_t elapsed)
{
    size_t                 size;
    uint64_t               same[2];
    ag_buf_t               file;
    ag_str_t               text;
    ag_window_t           *window;
    static const uint64_t  id[2] = { 3, UINT64_MAX };

    ag_buf_init(&file, AG_STATE_FILE_RECORD_MAX);
    assert(ag_state_file_write(&file, id, life->window, &life->now) == AG_OK);

    size = ag_window_size(&life->limit);
    window = malloc(size);
    assert(window != NULL);

    text = ag_buf_str(&file);
    assert(ag_state_file_read(&text, same, window, size - 1, &now, elapsed)
           == AG_LIMIT);
    assert(text.len == 0);

    text = ag_buf_str(&file);
    assert(ag_state_file_read(&text, same, window, size, &now, elapsed)
           == AG_OK);
    assert(text.len == 0 && same[0] == id[0] && same[1] == id[1]);

    /* without its last byte it is not there */

    text = ag_str(file.data, file.len - 1);
    assert(ag_state_file_read(&text, same, NULL, 0, &now, elapsed)
           == AG_NONE);

    ag_buf_free(&file);

    assert(ag_window_suits(window, &life->limit));
    fuzz_consistent(window, size, now);

    return window;
}


static void
fuzz_later(const fuzz_life_t *life, const ag_window_t *window, ag_now_t now,
    uint64_t elapsed)
{
    unsigned  i;
    uint64_t  there, step;
    ag_now_t  then;

    then = life->now;
    then.us += elapsed;
    then.wall += (int64_t) (elapsed / 1000000);
    now.wall = then.wall;

    for (i = 0; i < 70; i++) {
        there = ag_window_used(window, &now);

        /* on the same clock sub-windows begin where they did */

        if (now.us == then.us) {
            assert(there == ag_window_used(life->window, &then));
        }

        assert(there >= fuzz_least(life, then));

        step = life->limit.window / 50 + 1;
        now.us += step;
        then.us += step;
        now.wall += 60000;
        then.wall += 60000;
    }
}


/* What was taken less than a window ago; a calendar tells itself. */
static uint64_t
fuzz_least(const fuzz_life_t *life, ag_now_t then)
{
    uint64_t  sum, count;
    unsigned  i;

    if (life->limit.kind >= AG_WINDOW_DAY) {
        return ag_window_used(life->window, &then);
    }

    sum = 0;
    count = 0;

    for (i = life->steps; i > 0; i--) {

        if (then.us - life->times[i - 1] >= life->limit.window
            || (life->limit.kind == AG_WINDOW_LOG && count == FUZZ_LOG))
        {
            break;
        }

        sum += life->amounts[i - 1];
        count++;
    }

    return sum;
}


static uint64_t
fuzz_add(uint64_t a, uint64_t b)
{
    return (a < UINT64_MAX - b) ? a + b : UINT64_MAX;
}
