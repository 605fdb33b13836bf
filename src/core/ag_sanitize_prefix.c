/*
 * Copyright (C) ngx_agent authors
 *
 * Keys and tokens that a known prefix announces.
 *
 * A prefix that words or names start with, too ("hf_hub_download"), counts
 * only before what looks random; the others whatever follows.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_TAIL_MIN  8     /* of a piece of a tail that looks random */


typedef struct {
    const char  *text;
    size_t       least;     /* bytes behind it, whatever they are; 0: a piece
                               that looks random */
} ag_sanitize_prefix_t;


static const ag_char_t *ag_sanitize_key_end(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static unsigned ag_sanitize_is_dots(const ag_sanitize_scan_t *s,
    const ag_char_t *p);


/*
 * By their first letter.  Where one prefix starts with another ("pk-lf-",
 * "pk-") the longer one is the surer and stands first.
 */

static const ag_sanitize_prefix_t  ag_sanitize_upper_a[] = {
    { "AIza", 8 }, { "AKIA", 8 }, { "ASIA", 0 }, { "ABIA", 0 }, { "ACCA", 0 },
    { "AROA", 0 }, { "AIDA", 0 }, { "ABSK", 16 }, { "ATATT3", 8 },
    { "ATCTT3", 8 }, { "ALTAK-", 8 }, { "AQ.", 0 }, { "AGE-SECRET-KEY-", 8 },
    { "AAAAB3NzaC1", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_upper_c[] = {
    { "CFPAT-", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_upper_e[] = {
    { "EAAC", 0 }, { "EAAA", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_upper_f[] = {
    { "FLWSECK", 8 }, { "FLWPUBK", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_upper_g[] = {
    { "GOCSPX-", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_upper_h[] = {
    { "HRKU-", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_upper_n[] = {
    { "NRAK-", 8 }, { "NRJS-", 8 }, { "NRII-", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_upper_p[] = {
    { "PMAK-", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_upper_s[] = {
    { "SG.", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_a[] = {
    { "apify_api_", 8 }, { "aio_", 0 }, { "api-", 0 }, { "app-", 0 },
    { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_b[] = {
    { "bkua_", 8 }, { "bb_live_", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_c[] = {
    { "cpk_", 0 }, { "csk-", 0 }, { "cfut_", 0 }, { "cfat_", 0 },
    { "cal_live_", 8 }, { "ctx7sk-", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_d[] = {
    { "dop_v1_", 8 }, { "doo_v1_", 8 }, { "dor_v1_", 8 }, { "dckr_pat_", 8 },
    { "dckr_oat_", 8 }, { "dapi", 0 }, { "dp.pt.", 8 }, { "dp.st.", 8 },
    { "dt0c01.", 8 }, { "dt0s16.", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_e[] = {
    { "eyJ", 12 }, { "esecret_", 8 }, { "e2b_", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_f[] = {
    { "figd_", 8 }, { "fw_", 0 }, { "fc-", 0 }, { "flp_", 0 }, { "fo1_", 8 },
    { "fal-", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_g[] = {
    { "ghp_", 6 }, { "gho_", 6 }, { "ghu_", 6 }, { "ghs_", 6 }, { "ghr_", 6 },
    { "github_pat_", 6 }, { "glpat-", 6 }, { "glrt-", 6 }, { "gldt-", 6 },
    { "glptt-", 6 }, { "glcbt-", 6 }, { "glsoat-", 6 }, { "gsk_", 6 },
    { "glsa_", 8 }, { "glc_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_h[] = {
    { "hf_", 0 }, { "hvs.", 8 }, { "hvb.", 8 }, { "hvr.", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_j[] = {
    { "jina_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_k[] = {
    { "key-", 0 }, { "key_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_l[] = {
    { "lin_api_", 8 }, { "lsv2_", 8 }, { "ls__", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_m[] = {
    { "m0-", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_n[] = {
    { "nvapi-", 6 }, { "npm_", 0 }, { "ntn_", 0 }, { "nfp_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_o[] = {
    { "ory_at_", 8 }, { "ops_ey", 8 }, { "oy2", 0 }, { "org-", 0 },
    { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_p[] = {
    { "pk_live_", 4 }, { "pk_test_", 4 }, { "pk-lf-", 6 }, { "pk-", 0 },
    { "pk_", 0 }, { "pplx-", 0 }, { "pat-", 0 }, { "pat_", 0 }, { "phc_", 0 },
    { "phx_", 0 }, { "psk-", 0 }, { "pypi-", 0 }, { "pul-", 0 },
    { "pscale_tkn_", 8 }, { "pscale_pw_", 8 }, { "pa-", 0 }, { "pb_", 0 },
    { "pcsk_", 8 }, { "proj_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_r[] = {
    { "rk_live_", 4 }, { "rk_test_", 4 }, { "rk_", 0 }, { "r8_", 0 },
    { "rpa_", 0 }, { "rzp_live_", 4 }, { "rzp_test_", 4 }, { "rdme_", 0 },
    { "rnd_", 0 }, { "re_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_s[] = {
    { "sk-", 6 }, { "sk_live_", 4 }, { "sk_test_", 4 }, { "sk_", 0 },
    { "shpat_", 6 }, { "shpss_", 6 }, { "shpca_", 6 }, { "shppa_", 6 },
    { "sq0atp-", 6 }, { "sq0csp-", 6 }, { "sntrys_", 8 }, { "secret_", 0 },
    { "sbp_", 0 }, { "sb_secret_", 8 }, { "sgp_", 0 }, { "syt_", 0 },
    { "spsk_", 8 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_t[] = {
    { "tskey-", 6 }, { "tvly-", 0 }, { "tgp_v1_", 8 }, { "tfp_", 0 },
    { "tok_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_u[] = {
    { "up_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_v[] = {
    { "vck_", 0 }, { "vcp_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_w[] = {
    { "whsec_", 6 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_x[] = {
    { "xoxb-", 6 }, { "xoxp-", 6 }, { "xoxa-", 6 }, { "xoxr-", 6 },
    { "xoxs-", 6 }, { "xoxe-", 6 }, { "xoxe.", 6 }, { "xoxc-", 6 },
    { "xoxd-", 6 }, { "xapp-", 6 }, { "xai-", 0 }, { "xkeysib-", 6 },
    { "xsmtpsib-", 6 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_y[] = {
    { "ya29.", 6 }, { "y0_", 0 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t  ag_sanitize_z[] = {
    { "zpka_", 6 }, { NULL, 0 }
};

static const ag_sanitize_prefix_t *const  ag_sanitize_prefixes[128] = {
    ['A'] = ag_sanitize_upper_a,
    ['C'] = ag_sanitize_upper_c, ['E'] = ag_sanitize_upper_e,
    ['F'] = ag_sanitize_upper_f, ['G'] = ag_sanitize_upper_g,
    ['H'] = ag_sanitize_upper_h, ['N'] = ag_sanitize_upper_n,
    ['P'] = ag_sanitize_upper_p, ['S'] = ag_sanitize_upper_s,
    ['a'] = ag_sanitize_a, ['b'] = ag_sanitize_b, ['c'] = ag_sanitize_c,
    ['d'] = ag_sanitize_d, ['e'] = ag_sanitize_e, ['f'] = ag_sanitize_f,
    ['g'] = ag_sanitize_g, ['h'] = ag_sanitize_h, ['j'] = ag_sanitize_j,
    ['k'] = ag_sanitize_k, ['l'] = ag_sanitize_l, ['m'] = ag_sanitize_m,
    ['n'] = ag_sanitize_n, ['o'] = ag_sanitize_o, ['p'] = ag_sanitize_p,
    ['r'] = ag_sanitize_r, ['s'] = ag_sanitize_s, ['t'] = ag_sanitize_t,
    ['u'] = ag_sanitize_u, ['v'] = ag_sanitize_v, ['w'] = ag_sanitize_w,
    ['x'] = ag_sanitize_x, ['y'] = ag_sanitize_y, ['z'] = ag_sanitize_z
};


/*
 * A prefix is compared as it is: a key in another case is no key any more,
 * and most are long enough to be seen without one.
 */
const ag_char_t *
ag_sanitize_prefix_end(ag_sanitize_scan_t *s, const ag_char_t *p,
    unsigned inner)
{
    size_t                       n;
    ag_char_t                    second;
    const ag_char_t             *e;
    const ag_sanitize_prefix_t  *prefix;

    prefix = (*p < 128) ? ag_sanitize_prefixes[*p] : NULL;
    second = ag_sanitize_at(s, p + 1);

    if (prefix == NULL || !ag_sanitize_is(second, AG_SANITIZE_ALNUM)) {
        return NULL;
    }

    for ( /* void */ ; prefix->text != NULL; prefix++) {
        if ((ag_char_t) prefix->text[1] != second
            || (prefix->least == 0 && (inner || p < s->keyless)))
        {
            continue;
        }

        n = strlen(prefix->text);

        if ((size_t) (s->end - p) <= n || memcmp(p, prefix->text, n) != 0) {
            continue;
        }

        e = ag_sanitize_key_end(s, p + n);
        n = (size_t) (e - p) - n;

        if (prefix->least > 0
            ? n >= prefix->least
            : ag_sanitize_is_random(ag_str(e - n, n), AG_SANITIZE_TAIL_MIN))
        {
            return e;
        }

        /* what has no random piece has none from a later place on, either */

        if (prefix->least == 0) {
            s->keyless = e;
        }
    }

    return NULL;
}


/*
 * The end of a key whose tail starts at "p".  Full stops and dashes belong
 * to it if it goes on behind them; a key that was shown in part has stars,
 * dots or an ellipsis in its middle.
 */
static const ag_char_t *
ag_sanitize_key_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *e;

    e = p;

    while (p < s->end) {

        if (ag_sanitize_is(*p, AG_SANITIZE_START) || *p == '*'
            || *p == '=')
        {
            e = ++p;

        } else if (*p == '.' || *p == '-' || *p == '+' || *p == '~') {
            p++;

        } else if (ag_sanitize_is_dots(s, p)) {
            p += 3;

        } else {
            break;
        }
    }

    return e;
}


/* An ellipsis or a bullet. */
static unsigned
ag_sanitize_is_dots(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    return s->end - p >= 3 && p[0] == 0xe2 && p[1] == 0x80
           && (p[2] == 0xa6 || p[2] == 0xa2);
}
