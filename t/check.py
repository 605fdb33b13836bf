#!/usr/bin/env python3
"""The house rules, as a program.

Reads the C sources, the tables of README.md and docs/, and the names that a
file of this repository may not hold.  Prints every finding as
"file:line: message" and fails if there was one; a line that starts with
"warning:" does not fail.

  t/check.py [--tables PROGRAM] [--write] [--numbers]

--tables   the program that prints a list of the code as a Markdown table
--write    rewrites tables that differ instead of reporting them
--numbers  says how long functions are and how much is comment
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]

COLUMNS = 80
FILE_WARN, FILE_FAIL = 500, 700
FUNCTION_WARN, FUNCTION_FAIL = 50, 90
COPY_WARN = 10                          # equal lines in two functions

PURE = ("src/core/", "src/dialect/")

# A header, and the files that may include it.
ONLY_IN = {
    r"curl/.*|curl\.h": r"src/ngx/ngx_agent_libcurl\.h",
    r"ngx/ngx_agent_libcurl\.h": r"src/ngx/ngx_agent_curl\w*\.c",
    r"hiredis/.*|hiredis\.h": r"src/ngx/ngx_agent_hiredis\.h",
    r"ngx/ngx_agent_hiredis\.h": r"src/ngx/ngx_agent_redis\w*\.c",
    r"pcre2\.h": r"src/core/ag_regex\.c",
}

# Clock and chance are arguments of core and dialect.
IMPURE = re.compile(r"\b(time|rand|srand|random|gettimeofday|clock_gettime"
                    r"|clock|localtime|gmtime|getenv|getrandom)\s*\(")

# Hosts of package registries, and paths of the machine of a developer: put
# together here, so that this file does not hold them.
FORBIDDEN = [".".join(labels) for labels in (
    ("deb", "debian", "org"), ("security", "debian", "org"),
    ("snapshot", "debian", "org"), ("archive", "ubuntu", "com"),
    ("ports", "ubuntu", "com"), ("pypi", "org"), ("pythonhosted", "org"),
    ("npmjs", "org"), ("npmjs", "com"), ("crates", "io"),
    ("proxy", "golang", "org"), ("repo1", "maven", "org"),
)] + ["/" + "work" + "/"]

findings = []
warnings = []


def finding(path, line, message):
    findings.append((str(path), line, message))


def warning(path, line, message):
    warnings.append((str(path), line, message))


# ---- C sources

Function = collections.namedtuple("Function", "name first last")


def without_comments(text, strings=True):
    """The text with comments (and strings) blanked; lines stay lines."""

    def blank(match):
        found = match.group(0)
        if found.startswith("/") or (strings and not found.startswith("'")):
            return re.sub(r"[^\n]", " ", found)
        return found

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"'
                  r"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def functions(path, lines, code):
    """Functions: a name at column 0, its body between two braces there."""
    found = []
    for first, line in enumerate(code):
        if line.rstrip() != "{":
            if re.match(r"[a-z].*\)\s*\{$", line):
                finding(path, first + 1,
                        "the brace of a function stands on its own line")
            continue
        head = first - 1
        while head >= 0 and (code[head][:1] in " \t" or not code[head]):
            head -= 1
        if head < 0:
            continue
        name = re.match(r"(\w+)\(", code[head])
        if name is None:
            if re.match(r"[\w \t*]+[ *](\w+)\(", code[head]):
                finding(path, head + 1,
                        "the return type stands on its own line")
                name = re.match(r"[\w \t*]+[ *](\w+)\(", code[head])
            else:
                continue
        last = first
        while last < len(code) and code[last].rstrip() != "}":
            last += 1
        found.append(Function(name.group(1), first + 1, last))
    return found


def check_text(path, lines):
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            finding(path, number, f"{len(line)} columns, at most {COLUMNS}")
        if "\t" in line:
            finding(path, number, "a tab")
        if line != line.rstrip():
            finding(path, number, "white space at the end of the line")
    if len(lines) > FILE_FAIL:
        finding(path, 1, f"{len(lines)} lines, at most {FILE_FAIL}")
    elif len(lines) > FILE_WARN:
        warning(path, 1, f"{len(lines)} lines, better {FILE_WARN}")


def check_layers(path, text, code):
    name = str(path)
    for number, line in enumerate(without_comments(text, strings=False)
                                  .split("\n"), 1):
        included = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if included:
            header = included.group(1)
            for pattern, places in ONLY_IN.items():
                if re.fullmatch(pattern, header) \
                        and not re.fullmatch(places, name):
                    finding(path, number, f"{header} only in "
                            + places.replace("\\w*", "*").replace("\\", ""))
            if name.startswith("src/core/") \
                    and header.startswith(("dialect/", "ngx/")) \
                    or name.startswith("src/dialect/") \
                    and header.startswith("ngx/"):
                finding(path, number, f"{header} is of an outer layer")
    if not name.startswith(PURE):
        return
    for number, line in enumerate(code, 1):
        if re.search(r"\bngx_", line) or re.match(r"\s*#\s*include.*\bngx_",
                                                  line):
            finding(path, number, "core and dialect know nothing of nginx")
        called = IMPURE.search(line)
        if called:
            finding(path, number, f"{called.group(1)}() in core or dialect: "
                                  "clock and chance are arguments")


def check_order(path, text):
    """nginx's headers set feature macros: they come before the system's."""
    first = re.search(r'^#include [<"]([^>"]+)', text, re.M)
    if str(path).startswith("src/ngx/") and first \
            and not first.group(1).startswith(("ngx/", "ngx_")):
        finding(path, text.count("\n", 0, first.start()) + 1,
                f"{first.group(1)} is included before nginx's headers")


def check_comments(path, text):
    blank = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                   lambda m: re.sub(r"[^\n]", " ", m.group(0)), text,
                   flags=re.S)
    for number, line in enumerate(blank.split("\n"), 1):
        if "//" in line:
            finding(path, number, "a // comment")


def check_functions(path, lines, code, found):
    for function in found:
        length = function.last - function.first
        body = code[function.first:function.last]
        if length > FUNCTION_FAIL:
            finding(path, function.first,
                    f"{function.name}() has {length} lines, "
                    f"at most {FUNCTION_FAIL}")
        elif length > FUNCTION_WARN:
            warning(path, function.first,
                    f"{function.name}() has {length} lines, "
                    f"better {FUNCTION_WARN}")
        labels = [n for n, line in enumerate(body, function.first + 1)
                  if re.match(r"\s*(?!default\b)\w+:\s*$", line)]
        for number in labels[1:]:
            finding(path, number,
                    f"{function.name}() has more than one label")
        check_gap(path, lines, function.last)


def check_gap(path, lines, last):
    """Two blank lines stand behind a function, unless #endif does."""
    after = last + 1
    while after < len(lines) and not lines[after]:
        after += 1
    if after < len(lines) and not lines[after].startswith("#") \
            and after - last - 1 != 2:
        finding(path, last + 1, f"{after - last - 1} blank lines behind a "
                                "function, not 2")


def check_copies(bodies):
    """Warns of runs of equal lines in two functions."""
    places = {}
    told = set()
    for path, function, lines in bodies:
        own = [(n, " ".join(line.split())) for n, line in lines]
        own = [(n, line) for n, line in own if line not in ("", "{", "}")]
        for i in range(len(own) - COPY_WARN):
            run = tuple(line for _, line in own[i:i + COPY_WARN + 1])
            other = places.setdefault(run, (path, function.name, own[i][0]))
            pair = (path, function.name, other[0], other[1])
            if other[:2] != (path, function.name) and pair not in told:
                told.add(pair)
                warning(path, own[i][0],
                        f"more than {COPY_WARN} lines equal those of "
                        f"{other[1]}() in {other[0]}:{other[2]}")


def check_twin(path):
    """A source of core or dialect has a test of its name."""
    if str(path).startswith(PURE) and path.suffix == ".c":
        twin = pathlib.Path("t/unit", *path.parts[1:-1], "test_" + path.name)
        if not (ROOT / twin).exists():
            finding(path, 1, f"has no unit test {twin}")


def check_sources(numbers):
    paths = sorted([*ROOT.glob("*.c"), *ROOT.glob("src/*/*.[ch]")])
    lengths, bodies, comment, total = [], [], 0, 0
    for path in paths:
        text = path.read_text()
        path = path.relative_to(ROOT)
        lines = text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        else:
            finding(path, len(lines), "no new line at the end of the file")
        code = without_comments(text).split("\n")
        found = functions(path, lines, code)
        check_text(path, lines)
        check_comments(path, text)
        check_layers(path, text, code)
        check_order(path, text)
        check_functions(path, lines, code, found)
        check_twin(path)
        lengths += [f.last - f.first for f in found]
        bodies += [(path, f, [(n + 1, code[n])
                              for n in range(f.first, f.last)])
                   for f in found]
        total += len(lines)
        comment += sum(1 for old, new in zip(lines, code)
                       if "*" in old and not new.strip())
    check_copies(bodies)
    if numbers and lengths:
        lengths.sort()
        print(f"{len(paths)} files, {total} lines, "
              f"{100 * comment // total} % comment lines; "
              f"{len(lengths)} functions: median "
              f"{lengths[len(lengths) // 2]}, "
              f"p90 {lengths[len(lengths) * 9 // 10]}, "
              f"longest {lengths[-1]} lines")


# ---- tables of the documentation

MARK = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- /table -->)", re.S)


def check_tables(program, write):
    known = {}

    def table(name):
        if name not in known:
            done = subprocess.run([program, name], capture_output=True,
                                  text=True)
            known[name] = done.stdout if done.returncode == 0 else None
        return known[name]

    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]:
        if not path.exists():
            continue
        text = path.read_text()
        short = path.relative_to(ROOT)
        if len(re.findall(r"<!-- table: ", text)) \
                != len(MARK.findall(text)):
            finding(short, 1, "a table mark without its <!-- /table -->")
        for match in MARK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            made = table(match.group(2))
            if made is None:
                finding(short, line, f"no such table: {match.group(2)}")
            elif not write and made.strip() != match.group(3).strip():
                finding(short, line, f"the table {match.group(2)} is not "
                                     "the code's, run make tables")
        if write:
            new = MARK.sub(lambda m: m.group(0)
                           if table(m.group(2)) is None else
                           f"{m.group(1)}\n{table(m.group(2))}\n"
                           f"{m.group(4)}", text)
            if new != text:
                path.write_text(new)
                print(f"{short}: written")


# ---- words that no file may hold

def repository_files():
    """What git knows or would add; without git, everything but build/."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
        names = listed.stdout.decode().split("\0")
        return sorted({ROOT / name for name in names if name})
    except (OSError, subprocess.CalledProcessError):
        return sorted(p for p in ROOT.rglob("*")
                      if p.relative_to(ROOT).parts[0] not in ("build",
                                                              ".git"))


def check_words():
    for path in repository_files():
        if not path.is_file() or path.stat().st_size > 4 << 20:
            continue
        data = path.read_bytes()
        if b"\0" in data:
            continue
        text = data.decode(errors="replace").lower()
        for word in FORBIDDEN:
            at = text.find(word)
            if at >= 0:
                finding(path.relative_to(ROOT), text.count("\n", 0, at) + 1,
                        f'holds "{word}"')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tables", metavar="PROGRAM")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--numbers", action="store_true")
    arguments = parser.parse_args()

    if arguments.tables:
        check_tables(arguments.tables, arguments.write)
    if not arguments.write:
        check_sources(arguments.numbers)
        check_words()

    for path, line, message in sorted(warnings):
        print(f"warning: {path}:{line}: {message}")
    for path, line, message in sorted(findings):
        print(f"{path}:{line}: {message}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
