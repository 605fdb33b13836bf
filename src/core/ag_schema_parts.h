/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of ag_schema share and nobody else needs.
 *
 * A schema is compiled in two passes: ag_schema_walk() finds all subschemas,
 * their resources and anchors; ag_schema_build() then makes of each keyword
 * that tests something a rule, with all references and patterns ready.  One
 * table, in ag_schema_keyword.c, says of every keyword what its value holds
 * and which functions build and test it.
 *
 * Functions return AG_OK, AG_INVALID (with the error filled), AG_LIMIT and,
 * where something is looked for, AG_NONE.
 */


#ifndef _AG_SCHEMA_PARTS_H_INCLUDED_
#define _AG_SCHEMA_PARTS_H_INCLUDED_


#include "core/ag_buf.h"
#include "core/ag_caps.h"
#include "core/ag_regex_parts.h"
#include "core/ag_schema.h"
#include "core/ag_schema_number.h"


#define AG_SCHEMA_NOWHERE  UINT32_MAX   /* no node */

#define AG_SCHEMA_PRICE    8    /* units of work in a step: of trying one
                                   subschema; some 25 ns */
#define AG_SCHEMA_REGEXES  (16 * AG_SCHEMA_MAX) /* bytes that all patterns
                                   may take, compiled; one of 20 bytes may
                                   take 64 KiB */

/* Types of values, as bits; an integer is a number too. */
#define AG_SCHEMA_NULL     0x01
#define AG_SCHEMA_BOOLEAN  0x02
#define AG_SCHEMA_NUMBER   0x04
#define AG_SCHEMA_STRING   0x08
#define AG_SCHEMA_ARRAY    0x10
#define AG_SCHEMA_OBJECT   0x20
#define AG_SCHEMA_INTEGER  0x40
#define AG_SCHEMA_ANY      0x3f


/* What a keyword's value holds. */
typedef enum {
    AG_SCHEMA_PLAIN = 0,
    AG_SCHEMA_ONE,              /* a schema */
    AG_SCHEMA_LIST,             /* an array of schemas */
    AG_SCHEMA_MAP               /* an object of schemas */
} ag_schema_holds_t;


typedef struct ag_schema_rule_s   ag_schema_rule_t;
typedef struct ag_schema_build_s  ag_schema_build_t;
typedef struct ag_schema_frame_s  ag_schema_frame_t;
typedef struct ag_schema_place_s  ag_schema_place_t;


/* Makes the rule of "object"'s keyword; AG_NONE: it tests nothing. */
typedef int  ag_schema_build_pt(ag_schema_build_t *build,
    ag_schema_rule_t *rule, yyjson_val *object);

typedef int  ag_schema_test_pt(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value);

/*
 * Has the rule, or what it applies, evaluated the place of a value that keeps
 * to it?  AG_NONE: no.
 */
typedef int  ag_schema_seen_pt(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_val *value,
    const ag_schema_place_t *place);


typedef struct {
    const char          *name;
    ag_schema_holds_t    holds;
    unsigned             types;     /* values that it is about */
    ag_schema_build_pt  *build;     /* NULL: it never tests anything */
    ag_schema_test_pt   *test;
    ag_schema_seen_pt   *seen;      /* NULL: it never does */
    const char          *reason;    /* why a value, or a schema that has it,
                                       is refused */
} ag_schema_keyword_t;


/* A keyword of one subschema, ready to test values. */
struct ag_schema_rule_s {
    const ag_schema_keyword_t  *keyword;
    yyjson_val                 *value;  /* the keyword's, in the schema */
    uint32_t                    link;   /* first of its links */
    uint32_t                    count;  /* of links */
    uint32_t                    split;  /* of these are of the first kind */
    uint32_t                    node;
    uint64_t                    least;  /* bounds; or what build and test */
    uint64_t                    most;   /* of the keyword make of these */
};


/* What a rule points to. */
typedef struct {
    ag_str_t     name;
    ag_regex_t  *regex;
    uint32_t     node;
} ag_schema_link_t;


/* A subschema. */
typedef struct {
    yyjson_val  *value;
    uint32_t     rule;          /* its first */
    uint32_t     count;         /* of rules */
    uint32_t     resource;
    unsigned     never:1;       /* the schema "false" */
} ag_schema_node_t;


/* A subschema with an identifier of its own, and the root. */
typedef struct {
    ag_buf_t  uri;              /* absolute, without fragment; or empty */
    uint32_t  node;
} ag_schema_resource_t;


typedef struct {
    ag_str_t  name;
    uint32_t  resource;
    uint32_t  node;
    unsigned  dynamic:1;
} ag_schema_anchor_t;


struct ag_schema_s {
    yyjson_doc            *doc;         /* ours to free; may be NULL */

    ag_schema_node_t      *nodes;       /* in the order of the text */
    ag_schema_rule_t      *rules;
    ag_schema_link_t      *links;
    ag_schema_resource_t  *resources;
    ag_schema_anchor_t    *anchors;

    size_t                 node_count;
    size_t                 rule_count;
    size_t                 link_count;
    size_t                 resource_count;
    size_t                 anchor_count;
};


/* A schema that is being compiled. */
struct ag_schema_build_s {
    ag_schema_t        *schema;
    ag_schema_error_t  *error;
    uint64_t            work;       /* units that are left */
    size_t              regexes;    /* bytes of compiled patterns */
};


/* A check of one value. */
typedef struct {
    const ag_schema_t  *schema;
    ag_schema_error_t  *error;
    uint64_t            work;       /* units that are left */
} ag_schema_run_t;


/* A subschema that is being tried; the outer ones are the dynamic scope. */
struct ag_schema_frame_s {
    ag_schema_run_t          *run;
    const ag_schema_frame_t  *outer;
    const ag_schema_node_t   *node;
    unsigned                  depth;
};


/* A member of an object, or an element of an array. */
struct ag_schema_place_s {
    yyjson_val  *key;           /* NULL: an element */
    yyjson_val  *value;
    size_t       index;
};


/* ---- ag_schema.c: trying subschemas */

/*
 * Tries the node on the value; a node that allows nothing is "keyword"'s to
 * refuse.
 */
int ag_schema_try(const ag_schema_frame_t *outer, uint32_t node,
    yyjson_val *value, const char *keyword);

/* The first half of it: enters the node, if it may go that deep. */
int ag_schema_enter(ag_schema_frame_t *frame, const ag_schema_frame_t *outer,
    uint32_t node);

/* Takes units of work; AG_LIMIT when there are none left. */
int ag_schema_spend(ag_schema_run_t *run, uint64_t units);

/* Fills the error; AG_INVALID. */
int ag_schema_fail(ag_schema_error_t *error, const char *keyword,
    const char *reason);
int ag_schema_fail_rule(const ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule);

/* The bit of a value's type; never AG_SCHEMA_INTEGER. */
unsigned ag_schema_type(yyjson_val *value);

/* Room for one more behind "count" elements; NULL: no memory. */
void *ag_schema_more(void *array, size_t count, size_t size);


/* ---- ag_schema_keyword.c */

const ag_schema_keyword_t *ag_schema_keyword(ag_str_t name);

/* Its place in the table, below 64. */
unsigned ag_schema_keyword_number(const ag_schema_keyword_t *keyword);


/* ---- ag_schema_walk.c: the first pass */

int ag_schema_walk(ag_schema_build_t *build, yyjson_val *root);

/* The node of a value of the schema; AG_SCHEMA_NOWHERE: it is no schema. */
uint32_t ag_schema_walk_node(const ag_schema_t *schema, yyjson_val *value);


/* ---- ag_schema_build.c: the second pass */

int ag_schema_build(ag_schema_build_t *build);
int ag_schema_build_spend(ag_schema_build_t *build, uint64_t units);

ag_schema_build_pt  ag_schema_build_type;
ag_schema_build_pt  ag_schema_build_plain;
ag_schema_build_pt  ag_schema_build_array;
ag_schema_build_pt  ag_schema_build_true;
ag_schema_build_pt  ag_schema_build_number;
ag_schema_build_pt  ag_schema_build_multiple;
ag_schema_build_pt  ag_schema_build_count;
ag_schema_build_pt  ag_schema_build_names;
ag_schema_build_pt  ag_schema_build_dependent;
ag_schema_build_pt  ag_schema_build_refused;


/* ---- ag_schema_link.c: rules that hold other schemas or patterns */

ag_schema_build_pt  ag_schema_link_pattern;
ag_schema_build_pt  ag_schema_link_one;
ag_schema_build_pt  ag_schema_link_list;
ag_schema_build_pt  ag_schema_link_map;
ag_schema_build_pt  ag_schema_link_members;
ag_schema_build_pt  ag_schema_link_elements;
ag_schema_build_pt  ag_schema_link_contains;
ag_schema_build_pt  ag_schema_link_if;
ag_schema_build_pt  ag_schema_link_reference;


/* ---- ag_schema_refer.c */

/*
 * Finds the node that "reference" means in the resource; *anchor is the
 * anchor that named it, or NULL.  AG_INVALID with *reason.
 */
int ag_schema_refer(ag_schema_build_t *build, uint32_t resource,
    ag_str_t reference, uint32_t *node, const ag_schema_anchor_t **anchor,
    const char **reason);


/* ---- ag_schema_uri.c */

/*
 * Writes "reference" as it is meant where "base" is: absolute, without its
 * fragment.  AG_OK, AG_LIMIT or AG_NOMEM.  "out" is empty and ours to fill.
 *
 * Source: RFC 3986, 5.2.
 */
int ag_schema_uri_resolve(ag_str_t base, ag_str_t reference, ag_buf_t *out);

/* What follows the "#"; empty if there is none. */
ag_str_t ag_schema_uri_fragment(ag_str_t reference);

/* Adds the text with its %XX decoded; AG_INVALID if they are none. */
int ag_schema_uri_decode(ag_str_t text, ag_buf_t *out);


/* ---- ag_schema_assert.c: tests of one value */

ag_schema_test_pt  ag_schema_assert_type;
ag_schema_test_pt  ag_schema_assert_enum;
ag_schema_test_pt  ag_schema_assert_const;
ag_schema_test_pt  ag_schema_assert_minimum;
ag_schema_test_pt  ag_schema_assert_maximum;
ag_schema_test_pt  ag_schema_assert_above;
ag_schema_test_pt  ag_schema_assert_below;
ag_schema_test_pt  ag_schema_assert_multiple;
ag_schema_test_pt  ag_schema_assert_min_length;
ag_schema_test_pt  ag_schema_assert_max_length;
ag_schema_test_pt  ag_schema_assert_pattern;
ag_schema_test_pt  ag_schema_assert_min_size;
ag_schema_test_pt  ag_schema_assert_max_size;
ag_schema_test_pt  ag_schema_assert_unique;
ag_schema_test_pt  ag_schema_assert_required;
ag_schema_test_pt  ag_schema_assert_dependent;


/* ---- ag_schema_equal.c */

/*
 * Are the values the same JSON?  AG_OK, AG_NONE or AG_LIMIT.  The first must
 * not hold a key twice, or objects are the same that are not.
 */
int ag_schema_equal(ag_schema_run_t *run, yyjson_val *a, yyjson_val *b);

/* The member of that name; NULL: none, or no work left to look for it. */
yyjson_val *ag_schema_equal_member(ag_schema_run_t *run, yyjson_val *object,
    yyjson_val *key);


/* Units of reading a number and comparing it; 0 unless it is raw. */
uint64_t ag_schema_equal_price(yyjson_val *number);


/* ---- ag_schema_apply.c: tests by other schemas */

ag_schema_test_pt  ag_schema_apply_all;
ag_schema_test_pt  ag_schema_apply_any;
ag_schema_test_pt  ag_schema_apply_one;
ag_schema_test_pt  ag_schema_apply_not;
ag_schema_test_pt  ag_schema_apply_if;
ag_schema_test_pt  ag_schema_apply_target;
ag_schema_test_pt  ag_schema_apply_dependent;
ag_schema_test_pt  ag_schema_apply_members;
ag_schema_test_pt  ag_schema_apply_names;
ag_schema_test_pt  ag_schema_apply_elements;
ag_schema_test_pt  ag_schema_apply_contains;

/* The node that a reference means in the dynamic scope of the frame. */
uint32_t ag_schema_apply_scope(const ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule);

/* The link of that name among the rule's first "split"; or NULL. */
const ag_schema_link_t *ag_schema_apply_find(const ag_schema_t *schema,
    const ag_schema_rule_t *rule, ag_str_t name);

/* The next of the members that has a link; AG_NONE at their end. */
int ag_schema_apply_next(ag_schema_frame_t *frame,
    const ag_schema_rule_t *rule, yyjson_obj_iter *members, uint32_t *node);

/* Does the link's pattern match?  AG_OK, AG_NONE or AG_LIMIT. */
int ag_schema_apply_match(ag_schema_run_t *run, const ag_schema_link_t *link,
    ag_str_t text);


/* ---- ag_schema_seen.c: unevaluatedItems, unevaluatedProperties */

ag_schema_test_pt  ag_schema_seen_test;
ag_schema_seen_pt  ag_schema_seen_all;
ag_schema_seen_pt  ag_schema_seen_branches;
ag_schema_seen_pt  ag_schema_seen_if;
ag_schema_seen_pt  ag_schema_seen_target;
ag_schema_seen_pt  ag_schema_seen_dependent;
ag_schema_seen_pt  ag_schema_seen_members;
ag_schema_seen_pt  ag_schema_seen_elements;
ag_schema_seen_pt  ag_schema_seen_contains;


#endif /* _AG_SCHEMA_PARTS_H_INCLUDED_ */
