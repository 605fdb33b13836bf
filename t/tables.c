/*
 * Copyright (C) ngx_agent authors
 *
 * Prints one of the lists as a Markdown table.  What stands between
 * <!-- table: NAME --> and <!-- /table --> in README.md and docs/ is made
 * from it ("make tables") and compared with it ("make check").
 */


#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/ag_error.h"
#include "core/ag_metric.h"
#include "core/ag_simulate.h"
#include "ngx/ngx_agent_lists.h"


#define TABLES_COLUMNS_MAX  8


/* Cells of a row up to NULL.  A column's form says how a cell is written. */
typedef const char *tables_row_t[TABLES_COLUMNS_MAX + 1];

typedef struct {
    const char           *name;
    const char           *heads[TABLES_COLUMNS_MAX + 1];
    const char           *forms;    /* a letter per column, see tables_cell() */
    const tables_row_t   *rows;
    size_t                count;
} tables_t;


static void tables_print(const tables_t *table);
static void tables_cell(const char *text, char form);
static void tables_set(const char *text);
static void tables_lower(const char *text);


#define TABLES_COUNT(array)  (sizeof(array) / sizeof(array[0]))

#define TABLES_ERROR(id, name, status, type, code, retry, next, breaker,      \
    message)                                                                  \
    { name, #status, type, code, #retry, #next, #breaker, message, NULL },

#define TABLES_METRIC(id, name, nature, scope, help)                          \
    { name, #nature, #scope, help, NULL },

#define TABLES_VARIABLE(name, id, help)                                       \
    { "$agent_" #name, help, NULL },

#define TABLES_PHASE(id, name, function, next)                                \
    { name, #function, #next, NULL },


#define TABLES_FAULT(id, name, example, meaning)                              \
    { name, meaning, NULL },

static const tables_row_t  tables_errors[] = { AG_ERRORS(TABLES_ERROR) };
static const tables_row_t  tables_metrics[] = { AG_METRICS(TABLES_METRIC) };
static const tables_row_t  tables_variables[] = {
    AG_VARIABLES(TABLES_VARIABLE)
};
static const tables_row_t  tables_phases[] = { AG_PHASES(TABLES_PHASE) };
static const tables_row_t  tables_faults[] = { AG_FAULTS(TABLES_FAULT) };


/* The first error is "none": not one that a reader may meet. */
static const tables_t  tables[] = {

    { "errors",
      { "class", "HTTP", "type", "code", "retry", "next", "breaker",
        "message", NULL },
      "t#tttttt", tables_errors + 1, TABLES_COUNT(tables_errors) - 1 },

    { "metrics",
      { "metric", "kind", "of each", "meaning", NULL },
      "cllt", tables_metrics, TABLES_COUNT(tables_metrics) },

    { "variables",
      { "variable", "meaning", NULL },
      "ct", tables_variables, TABLES_COUNT(tables_variables) },

    { "phases",
      { "phase", "function", "goes to", NULL },
      "tcs", tables_phases, TABLES_COUNT(tables_phases) },

    { "faults",
      { "fault", "meaning", NULL },
      "ct", tables_faults, TABLES_COUNT(tables_faults) },
};


int
main(int argc, char **argv)
{
    size_t  i;

    for (i = 0; i < TABLES_COUNT(tables); i++) {
        if (argc == 2 && strcmp(argv[1], tables[i].name) == 0) {
            tables_print(&tables[i]);
            return 0;
        }
    }

    fputs("usage: tables errors|metrics|variables|phases|faults\n", stderr);

    return 1;
}


static void
tables_print(const tables_t *table)
{
    size_t  i, n;

    for (i = 0; table->heads[i] != NULL; i++) {
        printf("| %s ", table->heads[i]);
    }

    puts("|");

    for (i = 0; table->heads[i] != NULL; i++) {
        fputs(table->forms[i] == '#' ? "|--:" : "|---", stdout);
    }

    puts("|");

    for (n = 0; n < table->count; n++) {
        for (i = 0; table->heads[i] != NULL; i++) {
            fputs("| ", stdout);
            tables_cell(table->rows[n][i], table->forms[i]);
            putchar(' ');
        }

        puts("|");
    }
}


/* t text, # number, c code, l lower case, s set of phases */
static void
tables_cell(const char *text, char form)
{
    switch (form) {

    case 'c':
        printf("`%s`", text);
        break;

    case 'l':
        tables_lower(text);
        break;

    case 's':
        tables_set(text);
        break;

    default:
        for ( /* void */ ; *text != '\0'; text++) {
            printf("%s%c", *text == '|' ? "\\" : "", *text);
        }
    }
}


/* "AG_PHASE(READ) | AG_PHASE(REPLY)" as "read, reply"; "0" as "-". */
static void
tables_set(const char *text)
{
    const char  *p, *comma;

    p = strchr(text, '(');

    if (p == NULL) {
        putchar('-');
        return;
    }

    for (comma = ""; p != NULL; p = strchr(p, '('), comma = ", ") {
        fputs(comma, stdout);

        for (p++; *p != ')'; p++) {
            putchar(tolower((unsigned char) *p));
        }
    }
}


static void
tables_lower(const char *text)
{
    for ( /* void */ ; *text != '\0'; text++) {
        putchar(tolower((unsigned char) *text));
    }
}
