/*
 * Copyright (C) ngx_agent authors
 *
 * Every cap on something that comes from outside: name, value, unit, why.
 * A number that limits input stands here and nowhere else.
 */


#ifndef _AG_CAPS_H_INCLUDED_
#define _AG_CAPS_H_INCLUDED_


#define AG_JSON_DEPTH_MAX        64         /* levels; no client nests deeper,
                                               and the bit stack is one word */
#define AG_JSON_MEMBERS_MAX      128        /* top-level fields; the largest
                                               published request has 40 */
#define AG_JSON_KEY_MAX          256        /* bytes of a top-level key; names
                                               have 30, and keys are compared
                                               pairwise where hashes collide */
#define AG_JSON_TREE_MAX         (1024 * 1024)  /* bytes of JSON that may
                                               become a tree of up to 12 times
                                               its size */

#define AG_JSON_TREE_SPARE       (16 * 1024 * 1024) /* bytes of a request's
                                               tree beside twice its text */

#define AG_TRANSLATE_MAX         (48 * 1024 * 1024) /* bytes of a request that
                                               is translated; images in it are
                                               most of it */
#define AG_TRANSLATE_ARENA_MAX   (32 * 1024 * 1024) /* bytes of structs of one
                                               request or one answer */
#define AG_TURNS_MAX             20000      /* messages of one request */

#define AG_SSE_EVENT_MAX         (1024 * 1024)  /* bytes; largest tool call or
                                               image chunk seen x 4 */
#define AG_SSE_LINES_MAX         8192       /* lines of one event; empty
                                               "data:" lines cost no bytes of
                                               data but time */

#define AG_REQUEST_MAX           (64 * 1024 * 1024) /* bytes; upper bound of
                                               client_max_body_size here */
#define AG_MODEL_NAME_MAX        256        /* bytes; longest published 90 */
#define AG_MODEL_NAME_SHOWN_MAX  64         /* bytes of a client's text that
                                               an error may repeat */
#define AG_REQUEST_ID_MAX        128        /* bytes of x-request-id */
#define AG_KEY_MIN               16         /* bytes of a secret */
#define AG_KEY_MAX               4096       /* bytes of a secret; JWTs */
#define AG_PATH_MAX              2048       /* bytes of the URI after /v1 */

#define AG_ANSWER_MAX            (16 * 1024 * 1024) /* bytes of a whole answer;
                                               embeddings of a full batch */
#define AG_REDIS_BULK_MAX        (9 * 1024 * 1024)  /* bytes of one cached
                                               answer in a reply of Redis: an
                                               8m one with head and seal */
#define AG_ERROR_BODY_MAX        (64 * 1024)    /* bytes of a provider's error
                                               that are read */
#define AG_STREAM_HELD_MAX       (64 * 1024)    /* bytes held for a client that
                                               reads slower than its provider
                                               writes */
#define AG_STREAM_MALFORMED_MAX  3          /* events in a row that are not
                                               JSON; one alone is left out */
#define AG_HEADERS_MAX           (64 * 1024)    /* bytes of provider headers */
#define AG_HEADER_LINES_MAX      200        /* provider header lines */
#define AG_INTERIM_MAX           10         /* 1xx answers before the real */

#define AG_PROVIDER_URLS_MAX     32         /* replicas of one provider */
#define AG_PROVIDER_KEYS_MAX     16         /* keys of one provider */
#define AG_ATTEMPTS_MAX          32         /* of one call */

#define AG_SCHEMA_MAX            (256 * 1024)   /* bytes; the largest accepted
                                               by a provider is 120 KB */
#define AG_SCHEMA_NODES_MAX      20000      /* subschemas */
#define AG_SCHEMA_STEPS_MAX      2000000    /* subschemas tried on one value:
                                               some 50 ms of a worker */
#define AG_SCHEMA_DEPTH_MAX      128        /* schemas within schemas while
                                               checking; recursion */
#define AG_REGEX_MAX             4096       /* bytes of a pattern */
#define AG_REGEX_MATCH_MAX       100000     /* PCRE2's match limit */
#define AG_REGEX_DEPTH_MAX       10000      /* PCRE2's depth limit; (?:a|b)+
                                               takes two levels a character */
#define AG_REGEX_HEAP_MAX        4096       /* PCRE2's heap limit, KiB */
#define AG_EXTRACT_TRIES_MAX     64         /* places of a text where JSON may
                                               begin */

#define AG_TOKENS_MAX            UINT64_C(1000000000)  /* tokens that one
                                               usage report may claim */
#define AG_OUTPUT_TOKENS_MAX     INT64_C(2147483647)   /* max_tokens */
#define AG_CHOICES_MAX           128        /* n */

#define AG_CACHE_QUESTION_MAX    (1024 * 1024)  /* bytes of a request that may
                                               be looked up: names that are all
                                               escapes take 80 ms to sort */
#define AG_CACHE_MEMO_ENTRIES    512        /* questions that a worker knows by
                                               their bytes; a power of 2 */
#define AG_CACHE_MEMO_MAX        (8 * 1024) /* bytes of one, so all of them take
                                               4 MB at most */

#define AG_SERIES_MAX            1000       /* names of a metric scope; the
                                               rest is counted as "other" */
#define AG_SERIES_NAME_MAX       96         /* bytes of a label's value */
#define AG_STATUS_MAX            (64 * 1024 * 1024) /* bytes of a status page;
                                               every scope full of the longest
                                               names takes a bit over half */


#endif /* _AG_CAPS_H_INCLUDED_ */
