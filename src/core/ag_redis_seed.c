/*
 * Copyright (C) ngx_agent authors
 *
 * SEED: tells Redis what a window here remembers, as pairs of an age and an
 * amount, the oldest first.  Ages, because clocks differ; what cannot be told
 * exactly is told as younger: a limit is then a bit stricter than it must.
 *
 * A command has room for some 600 pairs.  A ring has no more; of a log with
 * more, those that lie close together become one pair, so that a window is
 * always told at once and nobody has to remember how far he got.
 */


#include "core/ag_redis_parts.h"


#define AG_REDIS_SEED_AGE     6         /* bytes of an age: 8 years */
#define AG_REDIS_SEED_AMOUNT  7         /* bytes of an amount: 2^53 */
#define AG_REDIS_SEED_PAIR    (AG_REDIS_SEED_AGE + AG_REDIS_SEED_AMOUNT)


/* The pair that is being gathered. */
typedef struct {
    ag_redis_command_t  *command;
    uint64_t             since;     /* us, of this node's clock */
    uint64_t             now;
    uint64_t             grain;     /* us: what is closer is one pair */
    uint64_t             begin;     /* of the pair: its oldest */
    uint64_t             time;      /* of the pair: its youngest */
    uint64_t             amount;    /* 0: none yet */
} ag_redis_seed_t;


static void ag_redis_seed_keys(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, const uint64_t id[2], const uint64_t marks[3]);
static void ag_redis_seed_window(ag_redis_seed_t *seed,
    const ag_limit_t *limit, const ag_window_t *window);
static void ag_redis_seed_log(ag_redis_seed_t *seed,
    const ag_window_t *window);
static void ag_redis_seed_ring(ag_redis_seed_t *seed,
    const ag_window_t *window);
static unsigned ag_redis_seed_partial(const ag_window_t *window,
    uint64_t since, const ag_now_t *now);
static uint64_t ag_redis_seed_grain(const ag_redis_command_t *command,
    const ag_window_t *window);
static void ag_redis_seed_add(ag_redis_seed_t *seed, uint64_t time,
    uint64_t amount);
static void ag_redis_seed_end(ag_redis_seed_t *seed);


int
ag_redis_seed_write(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, const uint64_t id[2], const ag_limit_t *limit,
    const ag_window_t *window, uint64_t epoch, uint64_t node, uint64_t round,
    uint64_t since, const ag_now_t *now)
{
    uint64_t         numbers[6], marks[3];
    ag_redis_seed_t  seed;

    marks[0] = epoch;
    marks[1] = node;
    marks[2] = round;

    numbers[0] = (uint64_t) limit->kind;
    numbers[1] = limit->window;
    numbers[2] = (limit->max < AG_LIMIT_LOG_MAX) ? limit->max
                                                 : AG_LIMIT_LOG_MAX;
    numbers[3] = epoch;
    numbers[4] = window->head;
    numbers[5] = ag_redis_seed_partial(window, since, now);

    ag_redis_start(command, 2);
    ag_redis_seed_keys(command, prefix, tenant, id, marks);
    ag_redis_put_numbers(command, ag_str("", 0), numbers, 6);
    ag_redis_put_text(command, ag_str("", 0));

    if (ag_redis_finish(command) != AG_OK) {
        return AG_LIMIT;
    }

    seed.command = command;
    seed.since = since;
    seed.now = (now->us > window->last) ? now->us : window->last;
    seed.grain = 0;
    seed.amount = 0;

    ag_redis_seed_window(&seed, limit, window);

    if (command->args[command->count - 1].len == 0) {
        return AG_NONE;
    }

    return ag_redis_finish(command);
}


/* The second key is of this seeding only: while it is there, the seeding has
 * been counted. */
static void
ag_redis_seed_keys(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, const uint64_t id[2], const uint64_t marks[3])
{
    unsigned  i;

    ag_redis_put_key(command, prefix, tenant, AG_REDIS_KEY_WINDOW, id);
    ag_redis_put_key(command, prefix, tenant, AG_REDIS_KEY_SEED, id);

    for (i = 0; i < 3; i++) {
        ag_redis_add(command, ":", 1);
        ag_redis_add_hex(command, marks[i]);
    }
}


/* Places are not told: they come back with their leases. */
static void
ag_redis_seed_window(ag_redis_seed_t *seed, const ag_limit_t *limit,
    const ag_window_t *window)
{
    if (window->kind != (uint32_t) limit->kind
        || window->window != limit->window)
    {
        return;
    }

    switch (limit->kind) {

    case AG_WINDOW_LOG:
        ag_redis_seed_log(seed, window);
        break;

    case AG_WINDOW_RING:
        ag_redis_seed_ring(seed, window);
        break;

    case AG_WINDOW_DAY:
    case AG_WINDOW_MONTH:
        ag_redis_seed_add(seed, seed->now, window->sum);
        break;

    default:
        return;
    }

    ag_redis_seed_end(seed);
}


static void
ag_redis_seed_log(ag_redis_seed_t *seed, const ag_window_t *window)
{
    uint64_t  number, time, count;

    count = (window->head < window->capacity) ? window->head
                                              : window->capacity;

    if (count > AG_REDIS_TEXT_MAX / AG_REDIS_SEED_PAIR / 2) {
        seed->grain = ag_redis_seed_grain(seed->command, window);
    }

    for (number = window->head - count; number < window->head; number++) {
        time = window->slots[number % window->capacity];

        if (time >= seed->since && time <= seed->now
            && seed->now - time < window->window)
        {
            ag_redis_seed_add(seed, time, 1);
        }
    }
}


/* A sub-window is as young as its end; the newest has not ended. */
static void
ag_redis_seed_ring(ag_redis_seed_t *seed, const ag_window_t *window)
{
    uint64_t  length, number, first, end;

    length = window->window / AG_SUBWINDOWS
             + (window->window % AG_SUBWINDOWS != 0 || window->window == 0);

    first = (window->head > AG_SUBWINDOWS) ? window->head - AG_SUBWINDOWS : 0;

    for (number = first; number <= window->head; number++) {
        end = (number + 1) * length - 1;

        if (end < seed->since || number + AG_SUBWINDOWS < seed->now / length) {
            continue;
        }

        ag_redis_seed_add(seed, (end < seed->now) ? end : seed->now,
                          window->slots[number % (AG_SUBWINDOWS + 1)]);
    }
}


/* Does a calendar's sum hold what was there before "since"? */
static unsigned
ag_redis_seed_partial(const ag_window_t *window, uint64_t since,
    const ag_now_t *now)
{
    uint64_t  ago, wall;

    if (since == 0 || since > now->us || now->wall < 0) {
        return since != 0;
    }

    ago = (now->us - since) / 1000000;
    wall = (uint64_t) now->wall;

    return wall > ago && wall - ago > window->head;
}


/* So that a window of pairs fits into what is left of the command. */
static uint64_t
ag_redis_seed_grain(const ag_redis_command_t *command,
    const ag_window_t *window)
{
    size_t  room;

    room = (AG_REDIS_TEXT_MAX - command->used) / AG_REDIS_SEED_PAIR;

    return window->window / (room - 2) + 1;
}


/* Times never decrease. */
static void
ag_redis_seed_add(ag_redis_seed_t *seed, uint64_t time, uint64_t amount)
{
    if (amount == 0) {
        return;
    }

    if (seed->amount > 0 && time - seed->begin > seed->grain) {
        ag_redis_seed_end(seed);
    }

    if (seed->amount == 0) {
        seed->begin = time;
    }

    seed->time = time;
    seed->amount += amount;
}


static void
ag_redis_seed_end(ag_redis_seed_t *seed)
{
    uint64_t   amount;
    ag_char_t  pair[AG_REDIS_SEED_PAIR];

    if (seed->amount == 0) {
        return;
    }

    amount = (seed->amount < AG_REDIS_NUMBER_MAX) ? seed->amount
                                                  : AG_REDIS_NUMBER_MAX;

    ag_redis_bytes(pair, seed->now - seed->time, AG_REDIS_SEED_AGE);
    ag_redis_bytes(&pair[AG_REDIS_SEED_AGE], amount, AG_REDIS_SEED_AMOUNT);
    ag_redis_add(seed->command, pair, sizeof(pair));

    seed->amount = 0;
}
