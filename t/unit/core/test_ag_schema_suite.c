/*
 * Copyright (C) ngx_agent authors
 *
 * The official JSON-Schema-Test-Suite, draft2020-12: every required test of
 * every file, but for the groups listed here with their reason; and these
 * must be refused when they are compiled.  The suite is no part of this
 * project: AG_JSON_SCHEMA_SUITE names its folder (auto/schema-suite fetches
 * it and prints that); without it nothing is tested, and that is said.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/ag_schema.h"


typedef struct {
    const char  *file;
    const char  *group;     /* NULL: all of the file */
    const char  *why;
} left_out_t;


static void run_all(const char *folder, const char *name);
static void run_schema(const char *file, yyjson_val *group);
static void run_one(const char *file, yyjson_val *group, yyjson_val *test,
    const ag_schema_t *schema);
static void refuse(const char *file, yyjson_val *group,
    const left_out_t *left);
static const left_out_t *left_out(const char *file, const char *group);


static const left_out_t  all_left_out[] = {
    { "refRemote.json", NULL,
      "other documents are never fetched" },
    { "defs.json", "validate definition against metaschema",
      "the metaschema is another document" },
    { "ref.json", "remote ref, containing refs itself",
      "the metaschema is another document" },
    { "dynamicRef.json", "strict-tree schema, guards against misspelled "
      "properties",
      "extends a schema of another document" },
    { "dynamicRef.json", "tests for implementation dynamic anchor and "
      "reference link",
      "extends a schema of another document" },
    { "dynamicRef.json", "$ref and $dynamicAnchor are independent of order "
      "- $defs first",
      "extends a schema of another document" },
    { "dynamicRef.json", "$ref and $dynamicAnchor are independent of order "
      "- $ref first",
      "extends a schema of another document" },
    { "dynamicRef.json", "$ref to $dynamicRef finds detached "
      "$dynamicAnchor",
      "refers to another document" },
    { "vocabulary.json", NULL,
      "dialects of one's own are other documents" },
};

#define LEFT_OUT  (sizeof(all_left_out) / sizeof(all_left_out[0]))


static size_t    files, groups, tests, wrong;
static unsigned  used[LEFT_OUT];


static void
keeps_to_the_official_suite(void **state)
{
    DIR            *dir;
    size_t          i, len;
    const char     *folder;
    struct dirent  *entry;

    (void) state;

    folder = getenv("AG_JSON_SCHEMA_SUITE");

    if (folder == NULL || folder[0] == '\0') {
        printf("SKIPPED: AG_JSON_SCHEMA_SUITE is not set, see "
               "auto/schema-suite\n");
        skip();
    }

    dir = opendir(folder);
    assert_non_null(dir);

    while ((entry = readdir(dir)) != NULL) {
        len = strlen(entry->d_name);

        if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0) {
            run_all(folder, entry->d_name);
        }
    }

    closedir(dir);

    printf("%zu files, %zu groups, %zu tests passed, %zu failed\n", files,
           groups, tests - wrong, wrong);

    /* a suite that is not one must not pass, nor a stale list above */

    assert_true(files >= 40 && groups >= 300 && tests >= 1200);
    assert_int_equal(wrong, 0);

    for (i = 0; i < LEFT_OUT; i++) {
        if (!used[i]) {
            fail_msg("left out and not there: %s", all_left_out[i].file);
        }
    }
}


static void
run_all(const char *folder, const char *name)
{
    char         path[4096];
    size_t       i, max;
    yyjson_doc  *doc;
    yyjson_val  *group;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    doc = yyjson_read_file(path, YYJSON_READ_BIGNUM_AS_RAW, NULL, NULL);
    assert_non_null(doc);
    files++;

    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, max, group) {
        run_schema(name, group);
    }

    yyjson_doc_free(doc);
}


/* Both ways of compiling must give the same. */
static void
run_schema(const char *file, yyjson_val *group)
{
    char               *text;
    size_t              i, max, len;
    yyjson_val         *test;
    ag_schema_t        *schemas[2];
    const left_out_t   *left;
    ag_schema_error_t   error;

    left = left_out(file, yyjson_get_str(yyjson_obj_get(group,
                                                        "description")));
    if (left != NULL) {
        refuse(file, group, left);
        return;
    }

    text = yyjson_val_write(yyjson_obj_get(group, "schema"), 0, &len);
    schemas[0] = ag_schema_compile(ag_str(text, len), &error);
    free(text);

    if (schemas[0] == NULL) {
        fail_msg("%s: \"%s\" is refused: %s %s", file,
                 yyjson_get_str(yyjson_obj_get(group, "description")),
                 error.keyword, error.reason);
    }

    schemas[1] = ag_schema_compile_tree(yyjson_obj_get(group, "schema"),
                                        &error);
    assert_non_null(schemas[1]);
    groups++;

    yyjson_arr_foreach(yyjson_obj_get(group, "tests"), i, max, test) {
        run_one(file, group, test, schemas[0]);
        run_one(file, group, test, schemas[1]);
        tests++;
    }

    ag_schema_free(schemas[0]);
    ag_schema_free(schemas[1]);
}


static void
run_one(const char *file, yyjson_val *group, yyjson_val *test,
    const ag_schema_t *schema)
{
    int                rc;
    unsigned           valid;
    ag_schema_error_t  error;

    rc = ag_schema_check(schema, yyjson_obj_get(test, "data"), &error);
    valid = yyjson_get_bool(yyjson_obj_get(test, "valid"));

    assert_non_null(error.keyword);
    assert_non_null(error.reason);
    assert_int_equal(error.reason[0] == '\0', rc == AG_OK);

    if (rc != (valid ? AG_OK : AG_INVALID)) {
        printf("%s: %s: %s: %d, not %d (%s %s)\n", file,
               yyjson_get_str(yyjson_obj_get(group, "description")),
               yyjson_get_str(yyjson_obj_get(test, "description")), rc,
               valid ? AG_OK : AG_INVALID, error.keyword, error.reason);
        wrong++;
    }
}


static void
refuse(const char *file, yyjson_val *group, const left_out_t *left)
{
    ag_schema_t        *schema;
    ag_schema_error_t   error;

    schema = ag_schema_compile_tree(yyjson_obj_get(group, "schema"), &error);

    if (schema != NULL) {
        fail_msg("%s: \"%s\" is left out (%s), but could be tested", file,
                 yyjson_get_str(yyjson_obj_get(group, "description")),
                 left->why);
    }

    printf("left out: %s: %s: %s\n", file,
           yyjson_get_str(yyjson_obj_get(group, "description")), left->why);
}


static const left_out_t *
left_out(const char *file, const char *group)
{
    size_t  i;

    for (i = 0; i < LEFT_OUT; i++) {
        if (strcmp(file, all_left_out[i].file) == 0
            && (all_left_out[i].group == NULL
                || strcmp(group, all_left_out[i].group) == 0))
        {
            used[i] = 1;
            return &all_left_out[i];
        }
    }

    return NULL;
}


int
main(void)
{
    const struct CMUnitTest  list[] = {
        cmocka_unit_test(keeps_to_the_official_suite),
    };

    return cmocka_run_group_tests(list, NULL, NULL);
}
