/*
 * Copyright (C) ngx_agent authors
 *
 * The simulator's faults by name, and those of them that are plain errors.
 * What a fault does to a stream is decided in ag_simulate.c.
 */


#include "core/ag_simulate_parts.h"


#define AG_SIMULATE_DIGITS_MAX   4      /* of N alone */
#define AG_SIMULATE_WINDOW       8192   /* tokens, as the two texts say */

/* Clients know an overflow by these words. */
#define AG_SIMULATE_TOO_LONG                                                  \
    "This model's maximum context length is 8192 tokens. However, your "      \
    "messages resulted in # tokens. Please reduce the length of the messages."
#define AG_SIMULATE_TOO_LONG_ANTHROPIC                                        \
    "prompt is too long: # tokens > 8192 maximum"


typedef struct {
    ag_fault_id_t  id;
    const char    *name;
    const char    *example;
} ag_simulate_fault_row_t;


static size_t ag_simulate_fault_match(const char *pattern, ag_str_t name,
    unsigned *number);
static int ag_simulate_fault_alone(ag_str_t name, size_t len);


static const ag_simulate_fault_row_t  ag_simulate_fault_rows[] = {
#define AG_FAULT_ROW(id, name, example, meaning)                              \
    { AG_FAULT_##id, name, example },
    AG_FAULTS(AG_FAULT_ROW)
#undef AG_FAULT_ROW
};


int
ag_simulate_fault(ag_str_t name, int whole, ag_fault_t *fault)
{
    size_t    i, len, longest;
    unsigned  number;

    fault->id = AG_FAULT_NONE;
    fault->number = 0;
    longest = 0;

    for (i = 0; i < AG_FAULT_MAX - 1; i++) {
        len = ag_simulate_fault_match(ag_simulate_fault_rows[i].name, name,
                                      &number);

        if (len <= longest || (whole && len != name.len)
            || !ag_simulate_fault_alone(name, len)
            || (ag_simulate_fault_rows[i].id == AG_FAULT_STATUS
                && (number < 400 || number > 599)))
        {
            continue;
        }

        longest = len;
        fault->id = ag_simulate_fault_rows[i].id;
        fault->number = number;
    }

    return (longest > 0) ? AG_OK : AG_NONE;
}


const char *
ag_simulate_fault_names(void)
{
    static const char  names[] =
#define AG_FAULT_NAME(id, name, example, meaning)  name ", "
        AG_FAULTS(AG_FAULT_NAME)
#undef AG_FAULT_NAME
        "where NNN is a status from 400 to 599 and N a number of seconds";

    return names;
}


const char *
ag_simulate_fault_example(ag_fault_id_t id)
{
    return ag_simulate_fault_rows[id - 1].example;
}


void
ag_simulate_fault_apply(ag_simulate_t *s)
{
    int  anthropic;

    anthropic = (s->options->dialect == AG_SIMULATE_ANTHROPIC);

    switch (s->fault.id) {

    case AG_FAULT_STATUS:
        ag_simulate_error_set(s, s->fault.number, NULL, NULL, NULL);
        break;

    case AG_FAULT_RATE_LIMIT:
        ag_simulate_error_set(s, 429, "rate_limit_exceeded", NULL,
                              "Rate limit reached for requests. Please try "
                              "again in #s.");
        s->error.number = s->fault.number;
        s->retry_after = (int64_t) s->fault.number;
        break;

    case AG_FAULT_CONTEXT:
        ag_simulate_error_set(s, 400, "context_length_exceeded",
                              s->endpoint->input,
                              anthropic ? AG_SIMULATE_TOO_LONG_ANTHROPIC
                                        : AG_SIMULATE_TOO_LONG);
        s->error.number = AG_SIMULATE_WINDOW + s->input_tokens;
        break;

    case AG_FAULT_POLICY:
        ag_simulate_error_set(s, 400, "content_policy_violation", NULL,
                              "Your request was rejected as a result of our "
                              "safety system.");
        break;

    default:
        break;
    }
}


void
ag_simulate_fault_break(ag_simulate_t *s)
{
    unsigned  status;

    status = (s->options->dialect == AG_SIMULATE_ANTHROPIC) ? 529 : 500;

    ag_simulate_error_set(s, status, NULL, NULL, NULL);
}


/* The bytes of the name that the pattern takes, 0 if it does not match. */
static size_t
ag_simulate_fault_match(const char *pattern, ag_str_t name, unsigned *number)
{
    size_t       len, digits, max;
    const char  *p;

    *number = 0;
    len = 0;

    for (p = pattern; *p != '\0'; p++) {

        if (*p != 'N') {
            if (len == name.len || name.data[len++] != (ag_char_t) *p) {
                return 0;
            }

            continue;
        }

        max = (p[-1] == 'N' || p[1] == 'N') ? 1 : AG_SIMULATE_DIGITS_MAX;

        for (digits = 0; digits < max && len < name.len; digits++) {
            if (name.data[len] < '0' || name.data[len] > '9') {
                break;
            }

            *number = *number * 10 + (name.data[len++] - (unsigned) '0');
        }

        if (digits == 0) {
            return 0;
        }
    }

    return len;
}


/* "sim-cut" stands in "sim-cut-1", and not in "sim-cutter". */
static int
ag_simulate_fault_alone(ag_str_t name, size_t len)
{
    ag_char_t  c;

    if (len >= name.len) {
        return 1;
    }

    c = name.data[len];

    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
             || (c >= 'A' && c <= 'Z'));
}
