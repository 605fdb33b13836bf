/*
 * Copyright (C) ngx_agent authors
 *
 * The decisions about a cached answer.  A body whose members have types that
 * we do not expect is left to its provider: an answer that was not kept costs
 * a call, one that was kept in error may be wrong for hours.
 */


#include "core/ag_cache_rule.h"
#include "core/ag_json.h"


#define AG_CACHE_RULE_POWER    INT64_C(1000000000000)   /* of ten; larger ones
                                       count as that, far above what the
                                       digits of a body can make up for */
#define AG_CACHE_RULE_DIGITS   20   /* of UINT64_MAX */

#define AG_CACHE_RULE_EXCUSES  1
#define AG_CACHE_RULE_REPEATS  2


static unsigned ag_cache_rule_fits(const ag_cache_rule_t *rule,
    const ag_cache_words_t *words);
static unsigned ag_cache_rule_temperature(ag_str_t value, uint64_t most);
static unsigned ag_cache_rule_choices(ag_str_t value, uint64_t most);
static unsigned ag_cache_rule_is_number(ag_str_t value);
static unsigned ag_cache_rule_above(ag_str_t number, uint64_t thousandths);
static int64_t ag_cache_rule_power(const ag_char_t *p, const ag_char_t *end);
static unsigned ag_cache_rule_exceeds(const ag_char_t *p,
    const ag_char_t *end, const ag_char_t *digits, size_t n);

static uint64_t ag_cache_rule_sum(uint64_t a, uint64_t b);


/*
 * What is not here does neither: the caller's key, limits, session and
 * address, and its HTTP request, are its own, and what the gateway itself
 * could not do (count a call, read its store, work without a bug) an old
 * answer must not hide.
 *
 * A provider is excused, whatever it said that is not about the question; so
 * is a gateway all of whose connections to it are in use (OVERLOADED, as
 * NO_TARGET).  MAINTENANCE is not: the operator took the model away, and what
 * it said before may be the reason.  INVALID_OUTPUT does not repeat: the same
 * model may well answer in form the next time.
 */
static const unsigned char  ag_cache_rule_errors[AG_E_MAX] = {
    [AG_E_NETWORK]               = AG_CACHE_RULE_EXCUSES,
    [AG_E_TIMEOUT_CONNECT]       = AG_CACHE_RULE_EXCUSES,
    [AG_E_TIMEOUT_FIRST_TOKEN]   = AG_CACHE_RULE_EXCUSES,
    [AG_E_TIMEOUT_IDLE]          = AG_CACHE_RULE_EXCUSES,
    [AG_E_TIMEOUT_TOTAL]         = AG_CACHE_RULE_EXCUSES,
    [AG_E_RATE_LIMIT]            = AG_CACHE_RULE_EXCUSES,
    [AG_E_UNAVAILABLE]           = AG_CACHE_RULE_EXCUSES,
    [AG_E_PROVIDER_ERROR]        = AG_CACHE_RULE_EXCUSES,
    [AG_E_BAD_RESPONSE]          = AG_CACHE_RULE_EXCUSES,
    [AG_E_INVALID_OUTPUT]        = AG_CACHE_RULE_EXCUSES,
    [AG_E_CREDENTIALS]           = AG_CACHE_RULE_EXCUSES,
    [AG_E_CONFLICT]              = AG_CACHE_RULE_EXCUSES,
    [AG_E_NO_TARGET]             = AG_CACHE_RULE_EXCUSES,
    [AG_E_OVERLOADED]            = AG_CACHE_RULE_EXCUSES,

    [AG_E_CONTEXT_LENGTH]        = AG_CACHE_RULE_REPEATS,
    [AG_E_CONTENT_POLICY]        = AG_CACHE_RULE_REPEATS,
    [AG_E_NOT_FOUND]             = AG_CACHE_RULE_REPEATS,
    [AG_E_INVALID_REQUEST]       = AG_CACHE_RULE_REPEATS,
    [AG_E_UNSUPPORTED_PARAMETER] = AG_CACHE_RULE_REPEATS,
    [AG_E_UNKNOWN_MODEL]         = AG_CACHE_RULE_REPEATS,
    [AG_E_UNSUPPORTED_ENDPOINT]  = AG_CACHE_RULE_REPEATS,
    [AG_E_INVALID_JSON]          = AG_CACHE_RULE_REPEATS,
    [AG_E_INVALID_VALUE]         = AG_CACHE_RULE_REPEATS,
    [AG_E_MISSING_VALUE]         = AG_CACHE_RULE_REPEATS,
    [AG_E_REQUEST_TOO_LARGE]     = AG_CACHE_RULE_REPEATS,
};


ag_cache_may_t
ag_cache_may(const ag_cache_rule_t *rule, const ag_cache_control_t *control,
    const ag_cache_words_t *words)
{
    ag_cache_may_t  may;

    memset(&may, 0, sizeof(ag_cache_may_t));

    if (rule->ttl == 0
        || control->no_store
        || !ag_cache_rule_fits(rule, words))
    {
        return may;
    }

    may.store = 1;

    /* a flight may be old already: its answer began before this call */

    if (control->no_cache || control->max_age == 0) {
        return may;
    }

    may.read = 1;

    /* who wants only what is there does not wait for what is not */

    may.join = !control->only_if_cached;

    return may;
}


ag_cache_age_t
ag_cache_age(const ag_cache_rule_t *rule, const ag_cache_control_t *control,
    uint64_t age_ms)
{
    unsigned  good;

    if (rule->ttl == 0) {
        return AG_CACHE_GONE;
    }

    /* whole seconds are not enough: an answer of 5.1 s is older than 5 */

    good = control->max_age > UINT64_MAX / 1000
           || age_ms <= control->max_age * 1000;

    if (!good) {
        return AG_CACHE_GONE;
    }

    if (age_ms < rule->ttl) {
        return AG_CACHE_FRESH;
    }

    if (age_ms < ag_cache_rule_sum(rule->ttl,
                                   rule->stale_while_revalidate))
    {
        return AG_CACHE_REVALIDATE;
    }

    if (age_ms < ag_cache_rule_sum(rule->ttl, rule->stale_if_error)) {
        return AG_CACHE_STALE;
    }

    return AG_CACHE_GONE;
}


uint64_t
ag_cache_lifetime(const ag_cache_rule_t *rule)
{
    uint64_t  beyond;

    if (rule->ttl == 0) {
        return 0;
    }

    beyond = (rule->stale_if_error > rule->stale_while_revalidate)
             ? rule->stale_if_error : rule->stale_while_revalidate;

    return ag_cache_rule_sum(rule->ttl, beyond);
}


unsigned
ag_cache_excuses(ag_error_class_t error)
{
    return (unsigned) error < AG_E_MAX
           && ag_cache_rule_errors[error] == AG_CACHE_RULE_EXCUSES;
}


unsigned
ag_cache_repeats(ag_error_class_t error)
{
    return (unsigned) error < AG_E_MAX
           && ag_cache_rule_errors[error] == AG_CACHE_RULE_REPEATS;
}


static unsigned
ag_cache_rule_fits(const ag_cache_rule_t *rule, const ag_cache_words_t *words)
{
    return words->conversation.len == 0
           && words->container.len == 0
           && (words->background.len == 0
               || ag_str_is(words->background, "false"))
           && ag_cache_rule_temperature(words->temperature, rule->temperature)
           && ag_cache_rule_choices(words->n, rule->choices)
           && ag_cache_rule_choices(words->best_of, rule->choices);
}


static unsigned
ag_cache_rule_temperature(ag_str_t value, uint64_t most)
{
    if (value.len == 0) {
        return 1;
    }

    if (!ag_cache_rule_is_number(value)) {
        return 0;
    }

    return most == AG_CACHE_ANY || !ag_cache_rule_above(value, most);
}


static unsigned
ag_cache_rule_choices(ag_str_t value, uint64_t most)
{
    int64_t  n;

    if (value.len == 0) {
        return 1;
    }

    if (ag_json_integer(value, INT64_MIN, INT64_MAX, &n) != AG_OK) {
        return 0;
    }

    return n <= 0 || (uint64_t) n <= most;
}


/* Of a JSON value its first byte tells. */
static unsigned
ag_cache_rule_is_number(ag_str_t value)
{
    return value.data[0] == '-'
           || (value.data[0] >= '0' && value.data[0] <= '9');
}


/*
 * Is a JSON number larger than "thousandths"?  As decimals, to the last
 * digit: both are brought to the form 0.ddd times a power of ten whose first
 * digit is not 0, and these are compared.
 */
static unsigned
ag_cache_rule_above(ag_str_t number, uint64_t thousandths)
{
    size_t            n, len;
    int64_t           power;
    unsigned          point;
    ag_char_t         digits[AG_CACHE_RULE_DIGITS];
    const ag_char_t  *p, *end;

    p = number.data;
    end = p + number.len;
    power = 0;
    point = 0;

    /* no bound is below 0, nor is -0 */

    if (p < end && *p == '-') {
        return 0;
    }

    for ( /* void */ ; p < end && (*p == '0' || *p == '.'); p++) {
        power -= (point && *p == '0');
        point |= (*p == '.');
    }

    if (p == end || *p < '0' || *p > '9') {
        return 0;
    }

    if (thousandths == 0) {
        return 1;
    }

    for (n = AG_CACHE_RULE_DIGITS; thousandths > 0; thousandths /= 10) {
        digits[--n] = (ag_char_t) ('0' + thousandths % 10);
    }

    len = AG_CACHE_RULE_DIGITS - n;

    /* before the point every digit is one more power of ten */

    for (number.data = p; !point && p < end && *p >= '0' && *p <= '9'; p++) {
        power++;
    }

    power += 3 + ag_cache_rule_power(p, end);

    if (power != (int64_t) len) {
        return power > (int64_t) len;
    }

    return ag_cache_rule_exceeds(number.data, end, digits + n, len);
}


/* The number's exponent, found from "p" on. */
static int64_t
ag_cache_rule_power(const ag_char_t *p, const ag_char_t *end)
{
    int64_t   power;
    unsigned  minus;

    while (p < end && *p != 'e' && *p != 'E') {
        p++;
    }

    if (p == end) {
        return 0;
    }

    p++;
    minus = (p < end && *p == '-');
    p += (p < end && (*p == '-' || *p == '+'));

    for (power = 0; p < end && power < AG_CACHE_RULE_POWER; p++) {
        power = power * 10 + (*p - '0');
    }

    return minus ? -power : power;
}


/* Digits of a number, with or without a point, against "n" of the bound; both
 * go on with zeros. */
static unsigned
ag_cache_rule_exceeds(const ag_char_t *p, const ag_char_t *end,
    const ag_char_t *digits, size_t n)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            continue;
        }

        c = (i < n) ? digits[i] : '0';
        i++;

        if (*p != c) {
            return *p > c;
        }
    }

    return 0;
}


static uint64_t
ag_cache_rule_sum(uint64_t a, uint64_t b)
{
    return (a > UINT64_MAX - b) ? UINT64_MAX : a + b;
}
