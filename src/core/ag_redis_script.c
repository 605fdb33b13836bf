/*
 * Copyright (C) ngx_agent authors
 *
 * The scripts, in Lua 5.1, for Redis 6 and later and Valkey.  Their arguments
 * are written and their replies are read by the files beside; what they must
 * decide is what ag_limit.h and ag_session.h say.
 *
 * Redis knows a script by the SHA-1 of its text: whoever changes a line here
 * writes a new one below (the unit test tells it).
 */


#include "core/ag_redis.h"
#include "core/ag_redis_cache_lua.h"
#include "core/ag_redis_lua.h"


/* Numbers in words are doubles in a row, "<d": ag_redis_put_numbers(). */

/*
 * KEYS: of each claim; of the session.
 * ARGV: lease, and by when; session, or ''; each claim.
 *
 * Replies with numbers: the session's verdict, result, refused, wait, dry;
 * then of each claim: taken, mark, epoch, remaining, reset; then the clock.
 * Nothing but the clock if nobody waits for it any more.
 */
static const char  ag_redis_take[] =
    AG_REDIS_LUA_TIME
    AG_REDIS_LUA_LEASE
    AG_REDIS_LUA_FIND
    AG_REDIS_LUA_SLOTS
    AG_REDIS_LUA_TOTAL
    AG_REDIS_LUA_SAVE
    AG_REDIS_LUA_MONTH
    AG_REDIS_LUA_AGE
    AG_REDIS_LUA_LEFT
    AG_REDIS_LUA_COUNT
    "local lease, session, claims = sub(ARGV[1], 1, 16), ARGV[2], {}\n"
    "local by = tonumber(sub(ARGV[1], 17), 16)\n"
    "if by > 0 and clock > by then\n"
    "  return {clock}\n"
    "end\n"
    "local verdict, result, refused, wait, dry = 0, 0, 0, 0, 0\n"

    /* A lease counts until its score.  If Redis's clock was set back they
     * would count too long: when there is no room, they are shortened. */

    "local function leases(key)\n"
    "  return {key = key, kind = 4, epoch = 0, sum = call('ZCOUNT', key,\n"
    "    format('(%.0f', clock), '+inf')}\n"
    "end\n"
    "local function shorten(key)\n"
    "  local ends = format('%.0f', clock + LEASE)\n"
    "  for _, name in ipairs(call('ZRANGEBYSCORE', key, '(' .. ends,\n"
    "      '+inf')) do\n"
    "    call('ZADD', key, ends, name)\n"
    "  end\n"
    "  return 0\n"
    "end\n"

    /* us until the amount fits.  Of a RING the oldest leave first; if the
     * newest must, too, no other has to be looked at. */

    "local function room(w)\n"
    "  if w.kind == 0 then\n"
    "    return unpack('<d', slots(w, w.head - w.max, 1)) + w.length - w.now\n"
    "  elseif w.kind == 1 then\n"
    "    local from, need = w.number - 600, w.sum + w.amount - w.max\n"
    "    if w.sum - unpack('<d', slots(w, w.head, 1)) < need then\n"
    "      return left(w) + w.head * w.width - w.now\n"
    "    end\n"
    "    while from <= w.head do\n"
    "      local sum, i = total(slots(w, from, min(w.head - from + 1, 60)),\n"
    "        need)\n"
    "      if i then\n"
    "        return (from + i + 601) * w.width - w.now\n"
    "      end\n"
    "      from, need = from + 60, need - sum\n"
    "    end\n"
    "  elseif w.kind == 4 then\n"
    "    return shorten(w.key)\n"
    "  end\n"
    "  return left(w)\n"
    "end\n"

    /* Asks all. */

    "for i = 1, #ARGV - 2 do\n"
    "  local kind, length, most, amount, least, dry_run =\n"
    "    unpack('<dddddd', ARGV[i + 2])\n"
    "  local w\n"
    "  if kind == 4 then\n"
    "    w = leases(KEYS[i])\n"
    "  else\n"
    "    w = find(KEYS[i], kind, length)\n"
    "    age(w)\n"
    "  end\n"
    "  local never = amount > most and least > most\n"
    "  w.max, w.amount = most, never and amount or min(amount, most)\n"
    "  claims[i] = w\n"
    "  if not never and w.sum + w.amount <= most then\n"
    "    -- it fits\n"
    "  elseif dry_run == 1 then\n"
    "    dry = dry + 2 ^ (i - 1)\n"
    "  elseif never and result < 2 then\n"
    "    result, refused, wait = 2, i - 1, 0\n"
    "  elseif result < 2 then\n"
    "    local longer = room(w)\n"
    "    if result == 0 or longer > wait then\n"
    "      result, refused, wait = 1, i - 1, longer\n"
    "    end\n"
    "  end\n"
    "end\n"

    /* The session: its last fingerprint, and numbers.  As
     * ag_session_check() says. */

    "local print, last = ZERO, ZERO\n"
    "local started, used, calls, repeats, spent, stopped = 0, 0, 0, 0, 0, 0\n"
    "local lifetime, cost\n"
    "if session ~= '' then\n"
    "  local most_calls, most_depth, most_repeats, most_cost, depth\n"
    "  most_calls, most_depth, most_repeats, lifetime, most_cost, depth,\n"
    "    cost = unpack('<ddddddd', session, 9)\n"
    "  print = sub(session, 1, 8)\n"
    "  local text = call('GET', KEYS[#KEYS])\n"
    "  if text then\n"
    "    last = sub(text, 1, 8)\n"
    "    started, used, calls, repeats, spent, stopped =\n"
    "      unpack('<dddddd', text, 9)\n"
    "  end\n"
    "  if stopped > 0 then\n"
    "    verdict = 1\n"
    "  elseif lifetime > 0 and started > 0\n"
    "      and clock - started >= lifetime then\n"
    "    verdict = 2\n"
    "  elseif most_depth > 0 and depth > most_depth then\n"
    "    verdict = 3\n"
    "  elseif most_calls > 0 and calls >= most_calls then\n"
    "    verdict = 4\n"
    "  elseif most_repeats > 0 and print ~= ZERO and print == last\n"
    "      and repeats >= most_repeats then\n"
    "    verdict = 5\n"
    "  elseif most_cost > 0 and spent + cost > most_cost\n"
    "      or most_cost > 0 and spent >= most_cost then\n"
    "    verdict = 6\n"
    "  end\n"
    "  if verdict > 0 and result == 0 then\n"
    "    result = 1\n"
    "  end\n"
    "end\n"

    /* Takes all, or none.  That a clock was set back is remembered anyway. */

    "local ends = format('%.0f', clock + LEASE)\n"
    "local function take(w)\n"
    "  if w.kind == 4 then\n"
    "    call('ZADD', w.key, ends, lease)\n"
    "    call('ZREMRANGEBYSCORE', w.key, '-inf', format('%.0f', clock))\n"
    "    call('PEXPIRE', w.key, LEASE / 1000 + 1000)\n"
    "    w.taken, w.sum = 1, w.sum + 1\n"
    "    return\n"
    "  end\n"
    "  if w.new then\n"
    "    w.epoch = clock + tonumber(sub(lease, 1, 12), 16)\n"
    "  end\n"
    "  local size = max(w.max, 1)\n"
    "  if w.kind == 0 and w.size < size then\n"
    "    if w.head > w.size then\n"
    "      local text = slots(w, w.head - w.sum, w.sum)\n"
    "      w.head, w.size = w.sum, size\n"
    "      put(w, 0, text)\n"
    "    end\n"
    "    w.size = size\n"
    "  end\n"
    "  w.taken = count(w, w.amount)\n"
    "  w.mark = w.kind > 0 and w.head or 0\n"
    "end\n"
    "for _, w in ipairs(claims) do\n"
    "  w.taken, w.mark = 0, 0\n"
    "  if result == 0 then\n"
    "    take(w)\n"
    "  elseif w.set_back then\n"
    "    save(w, 0)\n"
    "  end\n"
    "end\n"

    /* A refused call's fingerprint counts if it was the session that
     * refused. */

    "if session ~= ''\n"
    "    and (result == 0 or verdict > 0 and print ~= ZERO) then\n"
    "  if print ~= ZERO then\n"
    "    repeats = print == last and repeats + 1 or 1\n"
    "    last = print\n"
    "  end\n"
    "  if result == 0 then\n"
    "    started = started > 0 and started or clock\n"
    "    calls, spent = calls + 1, min(spent + cost, MOST)\n"
    "  end\n"
    "  call('SET', KEYS[#KEYS], last .. pack('<dddddd', started,\n"
    "    max(used, clock), calls, repeats, spent, stopped), 'PX',\n"
    "    format('%.0f', max(ceil(lifetime / 1000), 86400000)))\n"
    "end\n"

    /* until nothing counts: a RING's newest sub-window is that of "last". */

    "local out = {verdict, result, refused, wait, dry}\n"
    "for _, w in ipairs(claims) do\n"
    "  local reset = 0\n"
    "  if w.kind == 0 and w.sum > 0 then\n"
    "    reset = w.last + w.length - w.now\n"
    "  elseif w.kind == 1 and w.sum > 0 then\n"
    "    reset = (floor(w.last / w.width) + 601) * w.width - w.now\n"
    "  elseif w.kind == 2 or w.kind == 3 then\n"
    "    reset = w.size * 1000000 - clock\n"
    "  end\n"
    "  local n = #out\n"
    "  out[n + 1], out[n + 2], out[n + 3] = w.taken, w.mark, w.epoch\n"
    "  out[n + 4], out[n + 5] = max(w.max - w.sum, 0), reset\n"
    "end\n"
    "out[#out + 1] = clock\n"
    "return out\n";


/*
 * KEYS: of each claim; of the session.
 * ARGV: lease; session, or ''; each claim.
 *
 * What was taken from another incarnation is nobody's business any more.
 */
static const char  ag_redis_settle[] =
    AG_REDIS_LUA_TIME
    AG_REDIS_LUA_FIND
    AG_REDIS_LUA_SLOTS
    AG_REDIS_LUA_TOTAL
    AG_REDIS_LUA_SAVE
    AG_REDIS_LUA_MONTH
    AG_REDIS_LUA_AGE
    AG_REDIS_LUA_LEFT
    AG_REDIS_LUA_COUNT
    "local function give(w, amount, mark)\n"
    "  if w.kind == 1 then\n"
    "    if mark > w.head or mark < w.head - 600 then\n"
    "      return\n"
    "    end\n"
    "    local slot = unpack('<d', slots(w, mark, 1))\n"
    "    amount = min(amount, slot)\n"
    "    put(w, mark, pack('<d', slot - amount))\n"
    "  elseif w.head ~= mark then\n"
    "    return\n"
    "  end\n"
    "  w.sum = max(w.sum - amount, 0)\n"
    "  save(w, 0)\n"
    "end\n"
    "for i = 1, #ARGV - 2 do\n"
    "  local kind, length, taken, used, mark, epoch =\n"
    "    unpack('<dddddd', ARGV[i + 2])\n"
    "  if kind == 4 then\n"
    "    call('ZREM', KEYS[i], ARGV[1])\n"
    "  else\n"
    "    local w = find(KEYS[i], kind, length)\n"
    "    if not w.new and (epoch == 0 or epoch == w.epoch) then\n"
    "      if used < taken then\n"
    "        give(w, taken - used, mark)\n"
    "      else\n"
    "        age(w)\n"
    "        count(w, used - taken)\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "end\n"

    /* "spent" is the fifth number behind the fingerprint. */

    "if ARGV[2] ~= '' then\n"
    "  local reserved, cost = unpack('<dd', ARGV[2])\n"
    "  local text = call('GETRANGE', KEYS[#KEYS], 40, 47)\n"
    "  if text ~= '' then\n"
    "    local spent = max(unpack('<d', text) - reserved, 0)\n"
    "    call('SETRANGE', KEYS[#KEYS], 40, pack('<d', min(spent + cost,\n"
    "      MOST)))\n"
    "  end\n"
    "end\n"
    "return 1\n";


/*
 * KEYS: of the window; of the mark of this seeding.
 * ARGV: numbers; pairs of age, six bytes, and amount, seven bytes, the oldest
 * first.
 *
 * Replies 1, or 0 if there was nothing to do.
 */
static const char  ag_redis_seed[] =
    AG_REDIS_LUA_TIME
    AG_REDIS_LUA_FIND
    AG_REDIS_LUA_SLOTS
    AG_REDIS_LUA_TOTAL
    AG_REDIS_LUA_SAVE
    AG_REDIS_LUA_MONTH
    AG_REDIS_LUA_AGE
    AG_REDIS_LUA_LEFT
    AG_REDIS_LUA_COUNT
    "local kind, length, most, epoch, begin, partial =\n"
    "  unpack('<dddddd', ARGV[1])\n"
    "local seeds = ARGV[2]\n"
    "if kind == 4 then\n"
    "  return 0\n"
    "end\n"
    "local w = find(KEYS[1], kind, length)\n"
    "if w.new or w.epoch ~= epoch then\n"
    "  return 0\n"
    "end\n"
    "age(w)\n"
    "local kept = format('%.0f', max(ceil(left(w) / 1000), 3600000))\n"
    "if not call('SET', KEYS[2], '1', 'NX', 'PX', kept) then\n"
    "  return 0\n"
    "end\n"

    /* Merges two rows of times; the last of them stay. */

    "local function merge()\n"
    "  local old, at, out = slots(w, w.head - w.sum, w.sum), 1, {}\n"
    "  for i = 1, #seeds, 13 do\n"
    "    local ago, amount = unpack('<I6I7', seeds, i)\n"
    "    local us, from = w.now - ago, at\n"
    "    if ago < length then\n"
    "      while at < #old and unpack('<d', old, at) <= us do\n"
    "        at = at + 8\n"
    "      end\n"
    "      out[#out + 1] = sub(old, from, at - 1)\n"
    "      out[#out + 1] = rep(pack('<d', us), min(amount, 16384))\n"
    "    end\n"
    "  end\n"
    "  w.size = max(w.size, most, 1)\n"
    "  local text = sub(table.concat(out) .. sub(old, at), -w.size * 8)\n"
    "  if text ~= '' then\n"
    "    w.sum, w.head = #text / 8, #text / 8\n"
    "    w.last = unpack('<d', text, #text - 7)\n"
    "    save(w, length)\n"
    "    put(w, 0, text)\n"
    "  end\n"
    "end\n"

    /* Adds each amount to the sub-window of its time. */

    "local function add()\n"
    "  count(w, 0)\n"
    "  for i = 1, #seeds, 13 do\n"
    "    local ago, amount = unpack('<I6I7', seeds, i)\n"
    "    local number = floor((w.now - ago) / w.width)\n"
    "    if number >= w.head - 600 then\n"
    "      amount = min(amount, MOST - w.sum)\n"
    "      w.sum = w.sum + amount\n"
    "      put(w, number,\n"
    "        pack('<d', unpack('<d', slots(w, number, 1)) + amount))\n"
    "    end\n"
    "  end\n"
    "  save(w, 0)\n"
    "end\n"

    /* Of a period a node knows only the sum: where Redis has a part of it
     * already it counts at least as much. */

    "if kind == 0 then\n"
    "  merge()\n"
    "elseif kind == 1 then\n"
    "  add()\n"
    "elseif w.head == begin and seeds ~= '' then\n"
    "  local _, amount = unpack('<I6I7', seeds)\n"
    "  amount = partial == 1 and max(amount - w.sum, 0) or amount\n"
    "  count(w, amount)\n"
    "end\n"
    "return 1\n";


/*
 * KEYS: of each lease's window.  ARGV: each lease.  One that is gone comes
 * back: its call is in flight.
 */
static const char  ag_redis_renew[] =
    AG_REDIS_LUA_TIME
    AG_REDIS_LUA_LEASE
    "local ends = format('%.0f', clock + LEASE)\n"
    "for i, key in ipairs(KEYS) do\n"
    "  call('ZADD', key, ends, ARGV[i])\n"
    "  call('PEXPIRE', key, LEASE / 1000 + 1000)\n"
    "end\n"
    "return #KEYS\n";


/*
 * KEYS: of the session.  One that has not begun is made, so that it cannot.
 */
static const char  ag_redis_stop[] =
    "local key, day = KEYS[1], 86400000\n"
    "if redis.call('EXISTS', key) == 0 then\n"
    "  redis.call('SET', key, string.rep('\\0', 48)\n"
    "    .. struct.pack('<d', 1), 'PX', day)\n"
    "else\n"
    "  redis.call('SETRANGE', key, 48, struct.pack('<d', 1))\n"
    "  if redis.call('PTTL', key) < day then\n"
    "    redis.call('PEXPIRE', key, day)\n"
    "  end\n"
    "end\n"
    "return 1\n";


static const struct {
    const char  *text;
    const char  *sha1;
} ag_redis_scripts[] = {
    { ag_redis_take, "063e0fd586c510611b82f2fa3058bf007cecfc19" },
    { ag_redis_settle, "07d8ba00a76a6c434abc8df67e7787ed6423b8d7" },
    { ag_redis_seed, "585cba1e8e2a544ace3541f6e65a749d1a0a4574" },
    { ag_redis_renew, "8e1e9a5ecfbc7a7e3eb0a66c6570af86c53ef2a9" },
    { ag_redis_stop, "206d8103c8f28dddebd43f7cd332a621d399f64d" },
    { AG_REDIS_LUA_CACHE_LOOK, "08b9f8ea2aaecd9b31dc75056ef6289f70b7b1b2" },
    { AG_REDIS_LUA_CACHE_HOLD, "e0ab1094556b6684ccecbfcd6d6c7aab9bd864c6" },
    { AG_REDIS_LUA_CACHE_FREE, "c89cee65b7ab260d98c281f3c3eb6fa7c992cdd2" },
    { AG_REDIS_LUA_CACHE_PURGE, "3b1dc439b7870a4a459d89614324bec5f5ff1d2e" }
};


const char *
ag_redis_script(ag_redis_script_t script)
{
    return ag_redis_scripts[script].text;
}


const char *
ag_redis_script_sha1(ag_redis_script_t script)
{
    return ag_redis_scripts[script].sha1;
}
