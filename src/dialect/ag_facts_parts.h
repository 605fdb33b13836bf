/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of the model facts share: the order of a table, the
 * project's own one, and how a file is read.
 */


#ifndef _AG_FACTS_PARTS_H_INCLUDED_
#define _AG_FACTS_PARTS_H_INCLUDED_


#include "dialect/ag_facts.h"


#define AG_FACTS_ROWS_MAX   4096    /* of one file; 256 bytes of it for each */
#define AG_FACTS_SHOWN_MAX  64      /* bytes of a value that an error repeats,
                                       with the zero at their end */
#define AG_FACTS_ERROR_MAX  512     /* bytes of an error, the same */


typedef struct ag_facts_reader_s  ag_facts_reader_t;


/* Where in the file we are, and where errors go. */
struct ag_facts_reader_s {
    ag_facts_table_t  *table;
    char              *error;
    size_t             size;
    uint32_t           row;         /* from 1; 0: in none */
    ag_str_t           name;        /* of the row, if it has one */
    const char        *within;      /* "price.", or "" */
    const char        *member;      /* or NULL */
};


/* A member of an object: its name comes first, see ag_facts_read_word(). */
typedef struct {
    const char  *name;
    int        (*read)(ag_facts_reader_t *reader, yyjson_val *value,
        void *out);
    size_t       offset;            /* of what it fills, in "out" */
    unsigned     required:1;
} ag_facts_member_t;


/* The project's own table, made from lua-free-conf/model-facts.json. */
extern const ag_facts_t  ag_facts_default[];
extern const uint32_t    ag_facts_default_count;
extern const char        ag_facts_default_dated[];


/*
 * Every table is in the order of the names without their "*", letters in
 * lower case; of two that are then equal the prefix comes first.  Returns
 * less than, equal to or greater than 0.
 */
int ag_facts_order(ag_str_t a, ag_str_t b);

/* Reads a row; what it leaves out stays unknown. */
int ag_facts_row(ag_facts_reader_t *reader, yyjson_val *value,
    ag_facts_t *facts);

/* Reads an object by its table of "count" members: none besides them, none
 * twice. */
int ag_facts_read_members(ag_facts_reader_t *reader, yyjson_val *object,
    const ag_facts_member_t *members, size_t count, void *out);

/*
 * Finds a word among "count" structs of "size" bytes that begin with a word.
 * Its number in *out, or an error that names them all.
 */
int ag_facts_read_word(ag_facts_reader_t *reader, yyjson_val *value,
    const void *words, size_t size, size_t count, size_t *out);

/* Copies a text into the table's arena. */
int ag_facts_read_text(ag_facts_reader_t *reader, ag_str_t text,
    ag_str_t *out);

/* Write the error; AG_INVALID.  "allowed" ends the sentence about a value:
 * "allowed are ...", "expected ...". */
int ag_facts_read_expected(ag_facts_reader_t *reader, yyjson_val *value,
    const char *allowed);
int ag_facts_read_fail(ag_facts_reader_t *reader, const char *format, ...);


#endif /* _AG_FACTS_PARTS_H_INCLUDED_ */
