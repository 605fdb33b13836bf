/*
 * Copyright (C) ngx_agent authors
 *
 * Mutations that keep JSON what it is: of bytes alone nearly all end at the
 * first check.  A JSON text of the input, behind its first bytes or behind a
 * "data: ", gets a value of another kind, of another place, twice, or none.
 */


#ifndef _FUZZ_MUTATE_H_INCLUDED_
#define _FUZZ_MUTATE_H_INCLUDED_


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>


#define FUZZ_MUTATE_TEXTS  64       /* of one input */
#define FUZZ_MUTATE_NODES  512      /* values of one text */


/* A value and where it hangs; a member is found again by its key. */
typedef struct {
    yyjson_mut_val  *parent;
    yyjson_mut_val  *key;
    yyjson_mut_val  *value;
} fuzz_node_t;


size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);


static inline unsigned
fuzz_random(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;

    return *seed >> 8;
}


static inline size_t
fuzz_collect(fuzz_node_t *nodes, size_t count, yyjson_mut_val *parent)
{
    size_t               first, i;
    yyjson_mut_val      *key, *value;
    yyjson_mut_arr_iter  arr;
    yyjson_mut_obj_iter  obj;

    first = count;

    yyjson_mut_obj_iter_init(parent, &obj);

    while (yyjson_mut_is_obj(parent) && count < FUZZ_MUTATE_NODES
           && (key = yyjson_mut_obj_iter_next(&obj)) != NULL)
    {
        nodes[count].parent = parent;
        nodes[count].key = key;
        nodes[count++].value = yyjson_mut_obj_iter_get_val(key);
    }

    yyjson_mut_arr_iter_init(parent, &arr);

    while (yyjson_mut_is_arr(parent) && count < FUZZ_MUTATE_NODES
           && (value = yyjson_mut_arr_iter_next(&arr)) != NULL)
    {
        nodes[count].parent = parent;
        nodes[count].key = NULL;
        nodes[count++].value = value;
    }

    for (i = first; i < count && i < FUZZ_MUTATE_NODES; i++) {
        if (yyjson_mut_is_ctn(nodes[i].value)
            && nodes[i].parent == parent)
        {
            count = fuzz_collect(nodes, count, nodes[i].value);
        }
    }

    return count;
}


static inline yyjson_mut_val *
fuzz_value(yyjson_mut_doc *doc, const fuzz_node_t *nodes, size_t count,
    unsigned *seed)
{
    unsigned  which;

    static const char *const  texts[] = {
        "", "a", "{}", "{\"a\":1}", "[", "data:image/png;base64,aGk=", "text",
        "https://a.example/b.pdf", "call_1", "tool_use", "\xc3\xa9\n\"\\",
        "call.1/2"
    };

    which = fuzz_random(seed) % 16;

    switch (which) {

    case 0:
        return yyjson_mut_null(doc);

    case 1:
        return yyjson_mut_bool(doc, fuzz_random(seed) & 1);

    case 2:
        return yyjson_mut_sint(doc, (int64_t) (fuzz_random(seed) % 5) - 1);

    case 3:
        return yyjson_mut_uint(doc, UINT64_MAX - fuzz_random(seed) % 2);

    case 4:
        return yyjson_mut_real(doc, 1e300);

    case 5:
        return yyjson_mut_arr(doc);

    case 6:
        return yyjson_mut_obj(doc);

    case 7:
    case 8:
        return yyjson_mut_str(doc, texts[fuzz_random(seed)
                                         % (sizeof(texts) / sizeof(*texts))]);

    default:
        return yyjson_mut_val_mut_copy(doc,
                                       nodes[fuzz_random(seed) % count].value);
    }
}


/* Changes one value; the text again, or NULL if nothing could be done. */
static inline char *
fuzz_change(const uint8_t *text, size_t size, size_t *len, unsigned *seed)
{
    char             *out;
    size_t            count;
    yyjson_doc       *read;
    yyjson_mut_doc   *doc;
    yyjson_mut_val   *root, *key, *value;
    fuzz_node_t       nodes[FUZZ_MUTATE_NODES], *node;

    read = yyjson_read((const char *) text, size, YYJSON_READ_BIGNUM_AS_RAW);

    if (read == NULL) {
        return NULL;
    }

    doc = yyjson_doc_mut_copy(read, NULL);
    yyjson_doc_free(read);

    root = yyjson_mut_doc_get_root(doc);
    count = fuzz_collect(nodes, 0, root);
    out = NULL;

    if (count > 0) {
        node = &nodes[fuzz_random(seed) % count];
        value = fuzz_value(doc, nodes, count, seed);

        if (node->key == NULL) {

            switch (fuzz_random(seed) % 3) {

            case 0:
                yyjson_mut_arr_append(node->parent,
                    yyjson_mut_val_mut_copy(doc, node->value));
                break;

            case 1:
                yyjson_mut_arr_remove_last(node->parent);
                break;

            default:
                yyjson_mut_arr_insert(node->parent, value, 0);
            }

        } else {
            key = yyjson_mut_val_mut_copy(doc,
                      (fuzz_random(seed) % 4 == 0)
                      && nodes[fuzz_random(seed) % count].key != NULL
                      ? nodes[fuzz_random(seed) % count].key : node->key);

            if (!yyjson_mut_is_str(key)) {
                key = yyjson_mut_str(doc, "x");
            }

            yyjson_mut_obj_put(node->parent, key,
                               fuzz_random(seed) % 4 ? value : NULL);
        }

        out = yyjson_mut_write(doc, 0, len);
    }

    yyjson_mut_doc_free(doc);

    return out;
}


/* Where a JSON text may stand: behind the first bytes, or in a data line. */
static inline size_t
fuzz_places(const uint8_t *data, size_t size, size_t skip, size_t *starts,
    size_t *ends)
{
    size_t  at, end, count;

    count = 0;
    at = skip;

    while (at < size && count < FUZZ_MUTATE_TEXTS) {

        for (end = at; end < size && data[end] != '\n'; end++) {
            /* void */
        }

        if (end - at > 6 && memcmp(data + at, "data: ", 6) == 0) {
            starts[count] = at + 6;
            ends[count++] = end;
        }

        at = end + 1;
    }

    if (count == 0) {
        starts[0] = skip;
        ends[0] = size;
        count = 1;
    }

    return count;
}


/* The first "skip" bytes say what is done, and are changed as bytes. */
static inline size_t
fuzz_mutate(uint8_t *data, size_t size, size_t max, unsigned seed,
    size_t skip)
{
    char    *text;
    size_t   i, len, count, behind, starts[FUZZ_MUTATE_TEXTS],
             ends[FUZZ_MUTATE_TEXTS];

    if (size < skip + 2 || fuzz_random(&seed) % 8 == 0) {
        return LLVMFuzzerMutate(data, size, max);
    }

    if (fuzz_random(&seed) % 8 == 0) {
        data[fuzz_random(&seed) % skip] = (uint8_t) fuzz_random(&seed);
        return size;
    }

    count = fuzz_places(data, size, skip, starts, ends);
    i = fuzz_random(&seed) % count;
    behind = size - ends[i];

    text = fuzz_change(data + starts[i], ends[i] - starts[i], &len, &seed);

    if (text == NULL || starts[i] + len + behind > max) {
        free(text);
        return LLVMFuzzerMutate(data, size, max);
    }

    memmove(data + starts[i] + len, data + ends[i], behind);
    memcpy(data + starts[i], text, len);
    free(text);

    return starts[i] + len + behind;
}


#endif /* _FUZZ_MUTATE_H_INCLUDED_ */
