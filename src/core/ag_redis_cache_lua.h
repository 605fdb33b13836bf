/*
 * Copyright (C) ngx_agent authors
 *
 * The scripts of the cache, in Lua 5.1; ag_redis_script.c lists them with
 * their SHA-1.
 */


#ifndef _AG_REDIS_CACHE_LUA_H_INCLUDED_
#define _AG_REDIS_CACHE_LUA_H_INCLUDED_


/*
 * KEYS: answer, lock, epoch.  ARGV: owner, life of a lock, mode.
 *
 * Replies the state, the epoch, and the answer if it is FOUND.  What is longer
 * than a reply may be, or no text, nobody could read: it goes.
 */
#define AG_REDIS_LUA_CACHE_LOOK                                               \
    "local call, owner, mode = redis.call, ARGV[1], ARGV[3]\n"                \
    "local epoch = tonumber(call('GET', KEYS[3]) or '0') or 0\n"              \
    "if mode == '1' then\n"                                                   \
    "  call('DEL', KEYS[1])\n"                                                \
    "elseif mode == '0' then\n"                                               \
    "  local answer = redis.pcall('GET', KEYS[1])\n"                          \
    "  if type(answer) == 'string' and #answer <= 9437184 then\n"             \
    "    return {2, epoch, answer}\n"                                         \
    "  elseif answer then\n"                                                  \
    "    call('DEL', KEYS[1])\n"                                              \
    "  end\n"                                                                 \
    "end\n"                                                                   \
    "local holder = call('GET', KEYS[2])\n"                                   \
    "if holder and holder ~= owner then\n"                                    \
    "  return {0, epoch}\n"                                                   \
    "end\n"                                                                   \
    "call('SET', KEYS[2], owner, 'PX', ARGV[2])\n"                            \
    "if mode == '2' then\n"                                                   \
    "  call('DEL', KEYS[1])\n"                                                \
    "end\n"                                                                   \
    "return {1, epoch}\n"


/*
 * KEYS: of each lock.  ARGV: life of a lock, each owner.
 */
#define AG_REDIS_LUA_CACHE_HOLD                                               \
    "for i, key in ipairs(KEYS) do\n"                                         \
    "  local holder, owner = redis.call('GET', key), ARGV[i + 1]\n"           \
    "  if not holder or holder == owner then\n"                               \
    "    redis.call('SET', key, owner, 'PX', ARGV[1])\n"                      \
    "  end\n"                                                                 \
    "end\n"                                                                   \
    "return #KEYS\n"


/*
 * KEYS: lock.  ARGV: owner.
 */
#define AG_REDIS_LUA_CACHE_FREE                                               \
    "if redis.call('GET', KEYS[1]) == ARGV[1] then\n"                         \
    "  return redis.call('DEL', KEYS[1])\n"                                   \
    "end\n"                                                                   \
    "return 0\n"


/*
 * KEYS: epoch, purges.  ARGV: the newest that the node knows; what to purge,
 * or ''.
 *
 * Replies the epoch, then the purges behind "known": none if they are more
 * than a reply has room for.  Where a node knows more than Redis, Redis has
 * forgotten purges that others may not have heard of.
 */
#define AG_REDIS_LUA_CACHE_PURGE                                              \
    "local call, known, what = redis.call, tonumber(ARGV[1]), ARGV[2]\n"      \
    "local format = string.format\n"                                          \
    "local last = tonumber(call('GET', KEYS[1]) or '0') or 0\n"               \
    "local function purge(what)\n"                                            \
    "  last = last + 1\n"                                                     \
    "  call('ZADD', KEYS[2], format('%.0f', last),\n"                         \
    "    format('%016x:', last) .. what)\n"                                   \
    "  call('ZREMRANGEBYRANK', KEYS[2], 0, -1001)\n"                          \
    "  call('SET', KEYS[1], format('%.0f', last))\n"                          \
    "end\n"                                                                   \
    "if last < known then\n"                                                  \
    "  last = known\n"                                                        \
    "  call('DEL', KEYS[2])\n"                                                \
    "  purge('0000000000000000:0000000000000000')\n"                          \
    "end\n"                                                                   \
    "if what ~= '' then\n"                                                    \
    "  purge(what)\n"                                                         \
    "end\n"                                                                   \
    "local out = {last}\n"                                                    \
    "if last > known and last - known <= 64 then\n"                           \
    "  local rows = call('ZRANGEBYSCORE', KEYS[2],\n"                         \
    "    format('(%.0f', known), format('%.0f', last))\n"                     \
    "  for i = 1, math.min(#rows, 64) do\n"                                   \
    "    out[i + 1] = rows[i]\n"                                              \
    "  end\n"                                                                 \
    "end\n"                                                                   \
    "return out\n"


#endif /* _AG_REDIS_CACHE_LUA_H_INCLUDED_ */
