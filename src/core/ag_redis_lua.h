/*
 * Copyright (C) ngx_agent authors
 *
 * Lua that several scripts share: how a window lies in a string, how time
 * passes in it, how something is counted.
 *
 * A window's string is a head of nine numbers and then slots of one number
 * each; a number is eight bytes, a double, and never past 2^53 - 1:
 *
 *   kind     ag_window_kind_t
 *   length   us; 0 of DAY and MONTH
 *   epoch    of this incarnation; never 0
 *   last     us, when it last changed; of a LOG: its newest admission
 *   ahead    us that its clock is ahead of Redis's
 *   keep     us, until when the key is kept
 *   head     LOG: number of the next admission; RING: number of the newest
 *            sub-window; DAY, MONTH: Unix time where the period began
 *   sum      amount that counted when it last changed
 *   size     LOG, RING: slots; DAY, MONTH: Unix time where the period ends
 *
 * A script asks all windows first and writes then; its first write is one
 * that a Redis without memory refuses.  So it is all or nothing.
 */


#ifndef _AG_REDIS_LUA_H_INCLUDED_
#define _AG_REDIS_LUA_H_INCLUDED_


/*
 * Redis's clock, in us.  What is replicated are the writes, not the script: a
 * Redis 6 may have to be told.
 */
#define AG_REDIS_LUA_TIME                                                     \
    "if redis.replicate_commands then redis.replicate_commands() end\n"       \
    "local call, pack, unpack = redis.call, struct.pack, struct.unpack\n"     \
    "local floor, ceil = math.floor, math.ceil\n"                             \
    "local min, max = math.min, math.max\n"                                   \
    "local sub, rep, format = string.sub, string.rep, string.format\n"        \
    "local MOST, ZERO = 2^53 - 1, '\\0\\0\\0\\0\\0\\0\\0\\0'\n"               \
    "local time = call('TIME')\n"                                             \
    "local clock = time[1] * 1000000 + time[2]\n"


/* AG_REDIS_LEASE_US. */
#define AG_REDIS_LUA_LEASE                                                    \
    "local LEASE = 60000000\n"


/*
 * A window as a table; w.new if there is none, or one that means something
 * else: it is then not read, and what is saved takes its place.
 *
 * Redis's clock is a wall clock.  If it was set back the window's own goes on
 * from where it was: a limit is neither refilled nor shut for that time.
 */
#define AG_REDIS_LUA_FIND                                                     \
    "local function find(key, kind, length)\n"                                \
    "  local w = {key = key, kind = kind, length = length}\n"                 \
    "  local text = call('GETRANGE', key, 0, 71)\n"                           \
    "  if #text == 72 then\n"                                                 \
    "    local k, l\n"                                                        \
    "    k, l, w.epoch, w.last, w.ahead, w.keep, w.head, w.sum, w.size =\n"   \
    "      unpack('<ddddddddd', text)\n"                                      \
    "    if k == kind and l == length then\n"                                 \
    "      w.now = clock + w.ahead\n"                                         \
    "      if w.now < w.last then\n"                                          \
    "        w.now, w.ahead, w.set_back = w.last, w.last - clock, true\n"     \
    "      end\n"                                                             \
    "      return w\n"                                                        \
    "    end\n"                                                               \
    "  end\n"                                                                 \
    "  w.new, w.epoch, w.last, w.ahead, w.keep = true, 0, 0, 0, 0\n"          \
    "  w.head, w.sum, w.size, w.now = 0, 0, 0, clock\n"                       \
    "  return w\n"                                                            \
    "end\n"


/*
 * The bytes of "count" slots from number "from" on, and how they are written.
 * Slots past the string's end have never been written: they are zeroes.  (A
 * ring is made whole: to fill up its bytes here takes longer than all the
 * rest.)
 */
#define AG_REDIS_LUA_SLOTS                                                    \
    "local function slots(w, from, count)\n"                                  \
    "  local at = from % w.size\n"                                            \
    "  local n = min(count, w.size - at)\n"                                   \
    "  local text = ''\n"                                                     \
    "  if not w.new then\n"                                                   \
    "    text = call('GETRANGE', w.key, 72 + at * 8, 71 + (at + n) * 8)\n"    \
    "  end\n"                                                                 \
    "  if #text < n * 8 then\n"                                               \
    "    text = text .. rep(ZERO, n - #text / 8)\n"                           \
    "  end\n"                                                                 \
    "  if n < count then\n"                                                   \
    "    text = text .. slots(w, from + n, count - n)\n"                      \
    "  end\n"                                                                 \
    "  return text\n"                                                         \
    "end\n"                                                                   \
    "local function put(w, from, text)\n"                                     \
    "  local at = from % w.size\n"                                            \
    "  local n = (w.size - at) * 8\n"                                         \
    "  call('SETRANGE', w.key, 72 + at * 8, sub(text, 1, n))\n"               \
    "  if #text > n then\n"                                                   \
    "    call('SETRANGE', w.key, 72, sub(text, n + 1))\n"                     \
    "  end\n"                                                                 \
    "end\n"


/*
 * The sum of slots; with the index of the one where it reaches "enough", if it
 * does.  They are read by the dozens: a call that is refused must not keep
 * Redis busy.
 */
#define AG_REDIS_LUA_TOTAL                                                    \
    "local function total(text, enough)\n"                                    \
    "  local sum, empty = 0, rep(ZERO, min(#text / 8, 30))\n"                 \
    "  for at = 1, #text, 240 do\n"                                           \
    "    local part = sub(text, at, at + 239)\n"                              \
    "    if part ~= empty then\n"                                             \
    "      local n = #part / 8\n"                                             \
    "      local numbers = {unpack('<' .. rep('d', n), part)}\n"              \
    "      for i = 1, n do\n"                                                 \
    "        sum = sum + numbers[i]\n"                                        \
    "        if sum >= enough then\n"                                         \
    "          return sum, (at - 1) / 8 + i - 1\n"                            \
    "        end\n"                                                           \
    "      end\n"                                                             \
    "    end\n"                                                               \
    "  end\n"                                                                 \
    "  return sum\n"                                                          \
    "end\n"


/*
 * Writes the head.  "left": us until nothing of it counts; 0: no longer than
 * before.  The key is kept a bit longer than it must, so that few calls have
 * to prolong it.
 */
#define AG_REDIS_LUA_SAVE                                                     \
    "local function save(w, left)\n"                                          \
    "  local prolong = left > 0 and w.now + left > w.keep\n"                  \
    "  if prolong then\n"                                                     \
    "    w.keep = w.now + left + 1000000\n"                                   \
    "      + floor(min(left / 8, 3600000000))\n"                              \
    "  end\n"                                                                 \
    "  local text = pack('<ddddddddd', w.kind, w.length, w.epoch, w.last,\n"  \
    "    w.ahead, w.keep, w.head, w.sum, w.size)\n"                           \
    "  if w.new then\n"                                                       \
    "    call('SET', w.key, text)\n"                                          \
    "    w.new = nil\n"                                                       \
    "  else\n"                                                                \
    "    call('SETRANGE', w.key, 0, text)\n"                                  \
    "  end\n"                                                                 \
    "  if prolong then\n"                                                     \
    "    call('PEXPIRE', w.key,\n"                                            \
    "      format('%.0f', ceil((w.keep - w.now) / 1000)))\n"                  \
    "  end\n"                                                                 \
    "end\n"


/*
 * Where the month of a Unix time began (UTC).  Source: Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
 */
#define AG_REDIS_LUA_MONTH                                                    \
    "local function month(seconds)\n"                                         \
    "  local days = floor(seconds / 86400)\n"                                 \
    "  local day = (days + 719468) % 146097\n"                                \
    "  local year = floor((day - floor(day / 1460) + floor(day / 36524)\n"    \
    "    - floor(day / 146096)) / 365)\n"                                     \
    "  day = day - 365 * year - floor(year / 4) + floor(year / 100)\n"        \
    "  local m = floor((5 * day + 2) / 153)\n"                                \
    "  return (days - day + floor((153 * m + 2) / 5)) * 86400\n"              \
    "end\n"


/*
 * Lets time pass: w.sum is then what counts now.  Writes nothing.
 *
 * A LOG's oldest are looked at, some at a time; when all of those have left,
 * the rest is searched.  Of a RING the sub-windows that leave are those whose
 * slots will be taken again.
 */
#define AG_REDIS_LUA_AGE                                                      \
    "local function age_log(w)\n"                                             \
    "  local old = w.now - w.length\n"                                        \
    "  if w.last <= old then\n"                                               \
    "    w.sum = 0\n"                                                         \
    "  end\n"                                                                 \
    "  local first, n, gone = w.head - w.sum, min(w.sum, 16), 0\n"            \
    "  if n == 0 then\n"                                                      \
    "    return\n"                                                            \
    "  end\n"                                                                 \
    "  local text = slots(w, first, n)\n"                                     \
    "  while gone < n and unpack('<d', text, gone * 8 + 1) <= old do\n"       \
    "    gone = gone + 1\n"                                                   \
    "  end\n"                                                                 \
    "  if gone == n then\n"                                                   \
    "    local low, high = first + n, w.head - 1\n"                           \
    "    while low < high do\n"                                               \
    "      local middle = floor((low + high) / 2)\n"                          \
    "      if unpack('<d', slots(w, middle, 1)) <= old then\n"                \
    "        low = middle + 1\n"                                              \
    "      else\n"                                                            \
    "        high = middle\n"                                                 \
    "      end\n"                                                             \
    "    end\n"                                                               \
    "    gone = low - first\n"                                                \
    "  end\n"                                                                 \
    "  w.sum = w.sum - gone\n"                                                \
    "end\n"                                                                   \
    "local function age(w)\n"                                                 \
    "  if w.kind == 0 then\n"                                                 \
    "    age_log(w)\n"                                                        \
    "  elseif w.kind == 1 then\n"                                             \
    "    w.width = max(ceil(w.length / 600), 1)\n"                            \
    "    w.number = floor(w.now / w.width)\n"                                 \
    "    if w.new then\n"                                                     \
    "      w.head, w.size = w.number, 601\n"                                  \
    "    end\n"                                                               \
    "    local passed = w.number - w.head\n"                                  \
    "    if passed > 600 then\n"                                              \
    "      w.sum = 0\n"                                                       \
    "    elseif passed > 0 then\n"                                            \
    "      w.sum = w.sum - total(slots(w, w.head - 600, passed), MOST)\n"     \
    "    end\n"                                                               \
    "  elseif clock >= w.size * 1000000 then\n"                               \
    "    local seconds = floor(clock / 1000000)\n"                            \
    "    w.sum = 0\n"                                                         \
    "    if w.kind == 2 then\n"                                               \
    "      w.head = floor(seconds / 86400) * 86400\n"                         \
    "      w.size = w.head + 86400\n"                                         \
    "    else\n"                                                              \
    "      w.head = month(seconds)\n"                                         \
    "      w.size = month(w.head + 31 * 86400)\n"                             \
    "    end\n"                                                               \
    "  end\n"                                                                 \
    "end\n"


/* us until nothing that is counted now will count any more. */
#define AG_REDIS_LUA_LEFT                                                     \
    "local function left(w)\n"                                                \
    "  if w.kind == 0 then\n"                                                 \
    "    return w.length\n"                                                   \
    "  elseif w.kind == 1 then\n"                                             \
    "    return w.width * 601\n"                                              \
    "  end\n"                                                                 \
    "  return w.size * 1000000 - clock\n"                                     \
    "end\n"


/* Counts an amount in a window that time has passed in. */
#define AG_REDIS_LUA_COUNT                                                    \
    "local function count(w, amount)\n"                                       \
    "  local from, text\n"                                                    \
    "  if w.kind == 0 then\n"                                                 \
    "    from, text = w.head, pack('<d', w.now)\n"                            \
    "    w.head, w.sum = w.head + 1, min(w.sum + 1, w.size)\n"                \
    "  else\n"                                                                \
    "    amount = min(amount, MOST - w.sum)\n"                                \
    "    w.sum = w.sum + amount\n"                                            \
    "  end\n"                                                                 \
    "  if w.kind == 1 then\n"                                                 \
    "    local passed = min(w.number - w.head, 601)\n"                        \
    "    if passed == 0 then\n"                                               \
    "      text = pack('<d', unpack('<d', slots(w, w.head, 1)) + amount)\n"   \
    "    else\n"                                                              \
    "      text = rep(ZERO, passed - 1) .. pack('<d', amount)\n"              \
    "    end\n"                                                               \
    "    w.head, from = w.number, w.number + 1 - #text / 8\n"                 \
    "  end\n"                                                                 \
    "  w.last = w.now\n"                                                      \
    "  local ring = w.new and w.kind == 1\n"                                  \
    "  save(w, left(w))\n"                                                    \
    "  if ring then\n"                                                        \
    "    put(w, 600, ZERO)\n"                                                 \
    "  end\n"                                                                 \
    "  if text then\n"                                                        \
    "    put(w, from, text)\n"                                                \
    "  end\n"                                                                 \
    "  return amount\n"                                                       \
    "end\n"


#endif /* _AG_REDIS_LUA_H_INCLUDED_ */
