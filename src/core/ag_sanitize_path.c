/*
 * Copyright (C) ngx_agent authors
 *
 * Absolute paths of files of Unix, by their first directory or by the suffix
 * of a file, and the lines of sources.
 *
 * "/v1/chat/completions" is a path of a URL and stays, and so do the pointers
 * of JSON ("/data/0/embedding"): both have no place in a file system.
 */


#include "core/ag_sanitize_parts.h"


#define AG_SANITIZE_ROOT_MAX  24       /* bytes of a first directory */


static unsigned ag_sanitize_is_rooted(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);
static unsigned ag_sanitize_is_requested(const ag_sanitize_scan_t *s,
    const ag_char_t *p);
static const ag_char_t *ag_sanitize_skip_slashes(const ag_char_t *p,
    const ag_char_t *e);
static const ag_char_t *ag_sanitize_first_end(const ag_char_t *p,
    const ag_char_t *e);
static unsigned ag_sanitize_has_suffix(const ag_sanitize_scan_t *s,
    const ag_char_t *p, const ag_char_t *e);


/* Directories with which a path of a file starts. */
static const char *const  ag_sanitize_roots[128] = {
    ['_'] = "__w _work",
    ['b'] = "bin bitnami boot builds",
    ['c'] = "cnb cores",
    ['d'] = "dbfs deps dev",
    ['e'] = "etc",
    ['g'] = "github",
    ['h'] = "home",
    ['k'] = "kaggle kaniko",
    ['l'] = "lib lib32 lib64 libexec lost+found layers",
    ['m'] = "mnt",
    ['n'] = "nix node_modules",
    ['o'] = "opt",
    ['p'] = "proc",
    ['r'] = "root rustc",
    ['s'] = "sbin sgl-workspace snap srv sys",
    ['t'] = "tmp",
    ['u'] = "usr",
    ['v'] = "var vllm-workspace",
    ['w'] = "workspace workspaces"
};

/*
 * The same, but URLs and pointers may start with them, too, if they are not
 * upper case.
 */
static const char *const  ag_sanitize_doubtful[128] = {
    ['a'] = "app applications apps",
    ['b'] = "build",
    ['c'] = "code config content cache checkpoints",
    ['d'] = "data deploy docker",
    ['f'] = "function",
    ['g'] = "go gpfs",
    ['h'] = "hf",
    ['j'] = "job",
    ['l'] = "library llm log logs lustre",
    ['m'] = "media model models mount",
    ['n'] = "nfs",
    ['o'] = "output outputs",
    ['p'] = "pipeline private project projects pvc",
    ['r'] = "repo run runtime",
    ['s'] = "scratch secrets server service share shared site-packages src "
            "storage system",
    ['u'] = "users",
    ['v'] = "venv vllm volume volumes",
    ['w'] = "weights work www"
};

/* First parts of paths of URLs. */
static const char *const  ag_sanitize_routes[128] = {
    ['a'] = "api apis anthropic", ['c'] = "chat compatible-mode",
    ['d'] = "docs", ['e'] = "en embeddings", ['g'] = "guides",
    ['h'] = "help", ['m'] = "messages", ['o'] = "openai",
    ['r'] = "reference responses", ['s'] = "subscriptions",
    ['v'] = "v1 v1alpha v1beta v1beta1 v2 v3 v4"
};

static const char *const  ag_sanitize_methods[128] = {
    ['c'] = "connect", ['d'] = "delete", ['e'] = "endpoint", ['g'] = "get",
    ['h'] = "head", ['o'] = "options", ['p'] = "post put patch",
    ['r'] = "route", ['t'] = "trace", ['u'] = "url uri"
};

/* Suffixes of files that are no documents of a site. */
static const char *const  ag_sanitize_suffixes[128] = {
    ['b'] = "bin bak", ['c'] = "c cc cfg cjs conf cpp crt cs csproj ckpt",
    ['d'] = "dat db dll dylib", ['e'] = "env ex exe exs erl egg",
    ['f'] = "fs", ['g'] = "gguf go gz", ['h'] = "h h5 hpp",
    ['i'] = "ini ipynb", ['j'] = "jar java js jsx", ['k'] = "key kt",
    ['l'] = "lock log lua", ['m'] = "mjs ml mm model", ['n'] = "npy npz",
    ['o'] = "onnx out", ['p'] = "p12 parquet pem pfx php pid pkl pl plan pt "
            "pth py pyc pyx",
    ['r'] = "r rb rs", ['s'] = "safetensors scala sh so sock sqlite sqlite3 "
            "sql service swift",
    ['t'] = "tar tf tmp toml ts tsx", ['v'] = "vb vue",
    ['w'] = "wasm war", ['y'] = "yaml yml", ['z'] = "zip"
};

/* Suffixes of sources, of which a line may be named. */
static const char *const  ag_sanitize_sources[128] = {
    ['c'] = "c cc cjs cpp cs cu clj", ['e'] = "erl ex exs", ['f'] = "fs",
    ['g'] = "go groovy", ['h'] = "h hpp hs", ['j'] = "java js jsx",
    ['k'] = "kt kts", ['l'] = "lua", ['m'] = "m mjs ml mm",
    ['p'] = "php pl pm py pyx", ['r'] = "r rb rs",
    ['s'] = "scala sh svelte swift", ['t'] = "ts tsx", ['v'] = "vb vue"
};


const ag_char_t *
ag_sanitize_path(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    ag_char_t         before;
    const ag_char_t  *e;

    before = ag_sanitize_previous(s, p);

    if (ag_sanitize_is(before, AG_SANITIZE_NAME | AG_SANITIZE_RUN)
        || before == '/' || before == '%'
        || before == '~' || before == ']' || before == '}' || before == ')'
        || before == '*' || before == '#')
    {
        return NULL;
    }

    /* one that was no file may have another in it, which ends where it does */

    if (p < s->pathless) {
        return ag_sanitize_is_rooted(s, p, s->pathless)
               ? ag_sanitize_put(s, p, s->pathless, AG_SANITIZE_PATH) : NULL;
    }

    e = ag_sanitize_path_end(s, p);

    if (ag_sanitize_is_rooted(s, p, e) || ag_sanitize_has_suffix(s, p, e)) {
        return ag_sanitize_put(s, p, e, AG_SANITIZE_PATH);
    }

    s->pathless = e;

    return NULL;
}


/*
 * Does the path start with a directory?  Some leave no doubt; of the others
 * those may be parts of a URL that stand behind "GET" or "url:", and of a
 * pointer of JSON if a number follows.
 */
static unsigned
ag_sanitize_is_rooted(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    int               doubtful;
    ag_str_t          first;
    const ag_char_t  *q, *start;

    start = p;
    p = ag_sanitize_skip_slashes(p, e);
    q = ag_sanitize_first_end(p, e);
    first = ag_str(p, (size_t) (q - p));
    q = ag_sanitize_skip_slashes(q, e);

    if (q == e) {
        return 0;
    }

    doubtful = ag_sanitize_is_listed(ag_sanitize_doubtful, first);

    if (ag_sanitize_is_listed(ag_sanitize_roots, first)
        || (doubtful && ag_sanitize_is(*p, AG_SANITIZE_UPPER)))
    {
        return 1;
    }

    return doubtful && !ag_sanitize_is(*q, AG_SANITIZE_DIGIT)
           && !ag_sanitize_is_requested(s, start);
}


/* Does "GET", "url:" or their like stand before "p"? */
static unsigned
ag_sanitize_is_requested(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    return (size_t) (p - s->last.data) <= s->last.len + 3
           && ag_sanitize_is_listed(ag_sanitize_methods, s->last);
}


static const ag_char_t *
ag_sanitize_skip_slashes(const ag_char_t *p, const ag_char_t *e)
{
    while (p < e && (*p == '/' || *p == '\\')) {
        p++;
    }

    return p;
}


/* The end of the first part of a path. */
static const ag_char_t *
ag_sanitize_first_end(const ag_char_t *p, const ag_char_t *e)
{
    const ag_char_t  *q;

    for (q = p; q < e && q - p <= AG_SANITIZE_ROOT_MAX; q++) {
        if (*q == '/' || *q == '\\') {
            break;
        }
    }

    return q;
}


/*
 * Does the path end as a file does, but for ":12:5"?  A site has no
 * "handler.py", but it may well have a "/docs/openapi.json"; and what starts
 * as the paths of APIs do is one.
 */
static unsigned
ag_sanitize_has_suffix(const ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t  *q, *name;

    if (ag_sanitize_is_requested(s, p)) {
        return 0;
    }

    p = ag_sanitize_skip_slashes(p, e);
    q = ag_sanitize_first_end(p, e);

    if (ag_sanitize_is_listed(ag_sanitize_routes,
                              ag_str(p, (size_t) (q - p))))
    {
        return 0;
    }

    for (name = e; name > p && name[-1] != '/'; name--) {
        if (name[-1] == ':') {
            e = name - 1;
        }
    }

    for (q = e; q > name && q[-1] != '.'; q--) {
        /* void */
    }

    return q > name
           && ag_sanitize_is_listed(ag_sanitize_suffixes,
                                    ag_str(q, (size_t) (e - q)));
}


/*
 * A path in quotes may hold spaces, and so may one without, where they are
 * usual: then the next word holds a slash.  Longer characters end it unless
 * a slash follows: Chinese has no spaces.
 */
const ag_char_t *
ag_sanitize_path_end(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    size_t            n;
    unsigned          spaces;
    const ag_char_t  *e, *wide;

    spaces = (p > s->start && strchr("\"'`", p[-1]) != NULL
              && p[-1] != '\0')
             || ag_sanitize_is(ag_sanitize_at(s, p + 1), AG_SANITIZE_UPPER);
    wide = NULL;

    for (e = p; e < s->end; e++) {

        if (*e == '/') {
            wide = NULL;

        } else if (*e == '\\') {

            /* JSON may write a slash as "\/", a shell a space as "\ " */

            n = ag_sanitize_slashes(s, e);

            if (ag_sanitize_at(s, e + n) != '/'
                && ag_sanitize_at(s, e + n) != ' ')
            {
                break;
            }

            wide = NULL;
            e += n;

        } else if (*e >= 0xe0) {
            wide = (wide == NULL) ? e : wide;

        } else if (ag_sanitize_is(*e, AG_SANITIZE_ENDS)
                   && !(*e == ' ' && spaces
                        && ag_sanitize_goes_on(s, e + 1, '/')))
        {
            break;
        }
    }

    e = (wide != NULL) ? wide : e;

    /* these belong to the sentence */

    while (e > p + 1 && (e[-1] == '.' || e[-1] == ':' || e[-1] == '!')) {
        e--;
    }

    return e;
}


unsigned
ag_sanitize_goes_on(const ag_sanitize_scan_t *s, const ag_char_t *p,
    ag_char_t slash)
{
    const ag_char_t  *q;

    for (q = p; q < s->end; q++) {
        if (*q == slash) {
            return q > p;
        }

        if (*q <= ' ' || *q == '"' || *q == '\'' || *q == '`' || *q == ':') {
            break;
        }
    }

    return 0;
}


size_t
ag_sanitize_slashes(const ag_sanitize_scan_t *s, const ag_char_t *p)
{
    const ag_char_t  *q;

    q = p;

    while (q < s->end && *q == '\\') {
        q++;
    }

    return (size_t) (q - p);
}


/* "~/.cache/x" */
const ag_char_t *
ag_sanitize_home(ag_sanitize_scan_t *s, const ag_char_t *p)
{
    if (ag_sanitize_at(s, p + 1) != '/'
        || !ag_sanitize_is(ag_sanitize_at(s, p + 2), AG_SANITIZE_NAME)
        || ag_sanitize_is(ag_sanitize_previous(s, p), AG_SANITIZE_NAME))
    {
        return NULL;
    }

    return ag_sanitize_put(s, p, ag_sanitize_path_end(s, p + 1),
                           AG_SANITIZE_PATH);
}


/* "lib/x.js:1:2": the line of a source, and what leads there. */
const ag_char_t *
ag_sanitize_source(ag_sanitize_scan_t *s, const ag_char_t *p,
    const ag_char_t *e)
{
    const ag_char_t  *q;

    for (q = e; q > p && q[-1] != '.'; q--) {
        /* void */
    }

    if (q <= p + 1
        || !ag_sanitize_is_listed(ag_sanitize_sources,
                                  ag_str(q, (size_t) (e - q))))
    {
        return NULL;
    }

    while (ag_sanitize_at(s, e) == ':'
           && ag_sanitize_is(ag_sanitize_at(s, e + 1), AG_SANITIZE_DIGIT))
    {
        e = ag_sanitize_skip(s, e + 1, AG_SANITIZE_DIGIT);
    }

    return ag_sanitize_put(s, s->chain, e, AG_SANITIZE_PATH);
}
