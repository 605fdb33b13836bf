/*
 * Copyright (C) ngx_agent authors
 *
 * Bounded reading of JSON from outside.
 *
 * ag_json_scan() checks a text of any size in one pass, without memory and
 * without recursion, and remembers where its top-level members stand: that
 * is all that forwarding byte for byte needs.  ag_json_tree() makes a yyjson
 * tree of a small text.  Nothing here writes JSON.
 */


#ifndef _AG_JSON_H_INCLUDED_
#define _AG_JSON_H_INCLUDED_


#include <yyjson.h>

#include "core/ag_buf.h"
#include "core/ag_caps.h"


typedef enum {
    AG_JSON_NULL = 0,
    AG_JSON_FALSE,
    AG_JSON_TRUE,
    AG_JSON_NUMBER,
    AG_JSON_STRING,
    AG_JSON_ARRAY,
    AG_JSON_OBJECT
} ag_json_type_t;


typedef struct {
    ag_str_t        key;        /* inside the quotes, escapes as sent */
    ag_str_t        value;      /* with quotes or brackets */
    ag_json_type_t  type;
    uint32_t        hash;       /* of the decoded key */
    unsigned        escaped:1;  /* the key holds a backslash */
} ag_json_member_t;


typedef struct {
    ag_json_type_t    type;         /* of the whole text */
    uint32_t          count;        /* members, 0 unless an object */
    size_t            error_at;     /* byte offset when refused */
    const char       *error;        /* a sentence without the input */
    ag_json_member_t  members[AG_JSON_MEMBERS_MAX];
} ag_json_t;


/*
 * Checks that "text" is one JSON value (RFC 8259): grammar, UTF-8, paired
 * surrogates, at most AG_JSON_DEPTH_MAX levels, no key twice at the top level
 * (escapes decoded first), at most AG_JSON_MEMBERS_MAX members there, each
 * key at most AG_JSON_KEY_MAX bytes.  Numbers of any size pass.
 *
 * Fills *json; spans point into "text".  On refusal error and error_at say
 * why and where, and the members found so far stay.
 *
 * Returns AG_OK, AG_INVALID (not JSON, or a key twice) or AG_LIMIT (deeper
 * or wider than the caps).  One pass, never allocates.
 */
int ag_json_scan(ag_json_t *json, ag_str_t text);

/*
 * The member of that name (unescaped, as in the program text), or NULL.
 */
const ag_json_member_t *ag_json_find(const ag_json_t *json, const char *key);

/*
 * The same for a name of any bytes, of which ag_json_hash() is "hash".
 */
const ag_json_member_t *ag_json_find_name(const ag_json_t *json,
    ag_str_t name, uint32_t hash);
uint32_t ag_json_hash(ag_str_t name);

/*
 * Decodes the string "value" (with its quotes, already scanned) into "out" of
 * "size" bytes.  Returns the decoded length, or (size_t) -1 if it does not fit.
 */
size_t ag_json_decode(ag_str_t value, ag_char_t *out, size_t size);

/* Four hexadecimal digits, as an escape has them, as a number; or -1. */
int ag_json_hex_digits(const ag_char_t *p, const ag_char_t *end);

/*
 * Reads a JSON number (already scanned) that must be an integer in
 * [min, max]; 1.0 and 1e2 are not integers here.
 * Returns AG_OK or AG_INVALID.
 */
int ag_json_integer(ag_str_t value, int64_t min, int64_t max, int64_t *out);

/*
 * The deepest nesting of brackets outside strings, stopping as soon as it
 * passes "max".  A cheap guard before a tree is made: yyjson takes up to 21
 * times its input on a run of "[".
 */
size_t ag_json_depth(ag_str_t text, size_t max);

/*
 * Makes a tree of a small text; free it with yyjson_doc_free().  "scratch"
 * of "size" bytes is used instead of malloc() when it is large enough (it
 * must then live as long as the tree; yyjson_doc_free() stays right); may be
 * NULL.  Returns NULL if the text is larger than AG_JSON_TREE_MAX, deeper
 * than AG_JSON_DEPTH_MAX, not JSON, or without memory.  Numbers past 64 bits
 * or past a double are raw values (YYJSON_TYPE_RAW), not a reason to refuse.
 */
yyjson_doc *ag_json_tree(ag_str_t text, void *scratch, size_t size);

/*
 * The same of a text of at most "max" bytes whose tree is for reading and
 * writing again: memory is taken as the tree grows, at most twice the text
 * and AG_JSON_TREE_SPARE.  NULL also past that; *limit (may be NULL) is set
 * if a cap was the reason.
 */
yyjson_doc *ag_json_tree_large(ag_str_t text, size_t max, unsigned *limit);

/*
 * Adds a value of a tree as compact JSON; raw numbers as they are.
 * Errors as ag_buf_add().
 */
int ag_json_add(ag_buf_t *out, const yyjson_val *value);

/*
 * Walks object keys: ag_json_path(root, "error", "message", NULL).
 * Returns NULL where a step is missing or not an object.
 */
yyjson_val *ag_json_path(yyjson_val *value, ...);

/* A tree's string as ag_str_t; empty unless it is a string. */
ag_str_t ag_json_text(yyjson_val *value);

/* A tree's non-negative integer, clamped to "max"; 0 unless it is one. */
uint64_t ag_json_count(yyjson_val *value, uint64_t max);


#endif /* _AG_JSON_H_INCLUDED_ */
