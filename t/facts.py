#!/usr/bin/env python3
"""Makes src/dialect/ag_facts_default.c from lua-free-conf/model-facts.json.

  t/facts.py [--write]

Without --write it says whether the file is what would be made.  What the
JSON file may hold is ag_facts_read()'s to judge; a unit test reads it.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = ROOT / "lua-free-conf" / "model-facts.json"
TARGET = ROOT / "src" / "dialect" / "ag_facts_default.c"

PRICES = ("input", "cached", "written", "output")
COLUMNS = 80

HEAD = """\
/*
 * Copyright (C) ngx_agent authors
 *
 * Made by "make tables" from lua-free-conf/model-facts.json: change that file,
 * not this one.  It stands in for what no file of the operator says.
 */


#include "dialect/ag_facts_parts.h"


#define AG_FACTS(name, context_window, max_output_tokens, thinking, refuses,  \\
    input, cached, written, output)                                           \\
    { ag_string(name), context_window, max_output_tokens,                     \\
      AG_THINKING_##thinking, refuses, { input, cached, written, output } }

#define AG_NOT(id)   (1u << AG_REFUSAL_##id)
#define AG_NO_PRICE  AG_PRICE_UNKNOWN


"""


def order(row):
    """As ag_facts_order()."""
    name = row["name"]
    return name.removesuffix("*").lower().encode(), not name.endswith("*")


def price(row, name):
    value = row.get("price", {}).get(name)
    return "AG_NO_PRICE" if value is None else str(round(value * 1000000))


def fill(words, indent):
    """The words in lines of at most COLUMNS."""
    lines = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= COLUMNS:
            lines[-1] += " " + word
        else:
            lines.append(indent + word)
    return lines


def entry(row):
    first = (f'AG_FACTS("{row["name"]}", {row.get("context_window", 0)}, '
             f'{row.get("max_output_tokens", 0)}, '
             f'{row.get("thinking", "unknown").upper()},')
    refuses = [f"AG_NOT({word.upper()})"
               for word in row.get("refuses", ())] or ["0"]
    refuses[1:] = ["| " + word for word in refuses[1:]]
    refuses[-1] += ","
    prices = [price(row, name) + "," for name in PRICES]
    prices[-1] = prices[-1][:-1] + "),"
    indent = " " * 8
    return ["    " + first, *fill(refuses, indent), *fill(prices, indent)]


def made():
    table = json.loads(SOURCE.read_text())
    rows = sorted(table["models"], key=order)
    lines = [line for row in rows for line in entry(row)]
    lines[-1] = lines[-1].removesuffix(",")
    return (HEAD + "const ag_facts_t  ag_facts_default[] = {\n"
            + "\n".join(lines) + "\n};\n\n\n"
            "const uint32_t  ag_facts_default_count =\n"
            "    sizeof(ag_facts_default) / sizeof(ag_facts_default[0]);\n\n"
            "const char  ag_facts_default_dated[] = "
            f'"{table["dated"]}";\n')


def main():
    text = made()
    there = TARGET.read_text() if TARGET.exists() else None
    if text == there:
        return 0
    name = TARGET.relative_to(ROOT)
    if "--write" in sys.argv[1:]:
        TARGET.write_text(text)
        print(f"{name}: written")
        return 0
    print(f"{name}:1: is not what {SOURCE.relative_to(ROOT)} says, "
          "run make tables")
    return 1


if __name__ == "__main__":
    sys.exit(main())
