"""Random filters, sent to a real Milvus 2.3.5 and to the local service.

Rows and filters come from a seed. An answer is the primary keys of the found rows, or an error. Differences that a newer
version explains are listed in filter-differences.json, by regular expressions on the filter.
"""

import json
import random
import re

from checks import HERE, check, post
from compare import Difference, collection_of, insert_real, load_real, real_query

FIELDS = [
    ("b", "Bool", {}),
    ("i8", "Int8", {}),
    ("i16", "Int16", {}),
    ("i32", "Int32", {}),
    ("f", "Float", {}),
    ("d", "Double", {}),
    ("s", "VarChar", {"max_length": 40}),
    ("j", "JSON", {}),
    ("ai", "Array", {"max_capacity": 5, "element": "Int64"}),
    ("af", "Array", {"max_capacity": 5, "element": "Float"}),
    ("at", "Array", {"max_capacity": 5, "max_length": 10, "element": "VarChar"}),
]
ROWS = 60
WORDS = ["", "a", "ab", "abc", "a%", "a_b", "Apple", "banana", "it's", 'x"y', "back\\slash", "日本", "é"]
NUMBERS = [0, 1, -1, 2, 3, 5, 8, 10, 127, 128, -129, 32768, 2**31, 2**53, 2**53 + 1, 2**63 - 1]
FLOATS = [0.0, 0.5, -1.5, 2.5, 0.1, 1e10, 3.4e38, 1e300, 2.0]
NUMERIC = ["id", "i8", "i16", "i32", "f", "d"]
KEYS = ['j["a"]', 'j["b"]', "j['n']['x']", 'j["l"]', 'j["l"][0]', 'j["none"]', 'j["l"][7]', 'x1', '$meta["x2"]']
ELEMENTS = ["ai[0]", "ai[1]", "af[0]", "at[0]", "ai[9]"]
RELATIONS = ["==", "!=", "<", "<=", ">", ">="]


def rows(draw):
    def json_value(depth=0):
        kind = draw.randrange(8 if depth < 2 else 5)
        if kind == 5:
            return [json_value(2) for _ in range(draw.randrange(4))]
        if kind == 6:
            return {"x": json_value(2)}
        return [draw.randrange(-3, 9), draw.choice(FLOATS), draw.choice(WORDS), draw.random() < 0.5, 1.0, None, None, 2**53 + 1][kind]

    for no in range(ROWS):
        value = {"a": json_value(), "l": [json_value(2) for _ in range(draw.randrange(4))], "n": {"x": json_value(1)}}
        if no % 3 == 0:
            value["b"] = draw.random() < 0.5
        row = {
            "id": no * 3 - 9 if no else 2**53 + 1,
            "b": draw.random() < 0.5,
            "i8": draw.randrange(-128, 128),
            "i16": draw.randrange(-300, 300),
            "i32": draw.choice([draw.randrange(20), 2**31 - 1, -(2**31)]),
            "f": draw.choice([no / 4, 0.1, -1.5]),
            "d": draw.choice([no / 10, 0.1, 2.0**53]),
            "s": draw.choice(WORDS),
            "j": value,
            "ai": [draw.randrange(4) for _ in range(draw.randrange(5))],
            "af": [draw.choice([0.1, 0.5, 2.0]) for _ in range(draw.randrange(4))],
            "at": [draw.choice(["a", "ab", "b"]) for _ in range(draw.randrange(4))],
            "v": [float(no), 1.0],
        }
        if no % 2:
            row["x1"] = json_value(1)
        if no % 4 == 0:
            row["x2"] = draw.choice(WORDS)
        yield {name: value for name, value in row.items() if value is not None}


class Filters:
    """Draws filters: most are valid, some have a value of the wrong type, some a broken token."""

    def __init__(self, draw):
        self.draw = draw

    def pick(self, *choices):
        return self.draw.choice(choices)

    def integer(self):
        value = self.draw.choice([self.draw.randrange(-10, 60), self.draw.choice(NUMBERS)])
        forms = [str(value)] * 8 + [f"+{value}" if value >= 0 else str(value), hex(value)]
        return self.pick(*forms, f"0{abs(value):o}", bin(value), f"{value % 10} + {value // 10}")

    def floating(self):
        return self.pick(repr(self.draw.choice(FLOATS)), ".5", "2.", "1e1", "25e-1", "-0.0")

    def text(self):
        word = self.draw.choice(WORDS)
        quoted = word.replace("\\", "\\\\")
        return self.pick(
            json.dumps(word, ensure_ascii=False), json.dumps(word), "'" + quoted.replace("'", "\\'") + "'",
            '"\\x61b"', '"\\141"', '"\\q"', '"a\\%"',
        )

    def literal(self, field):
        kinds = {"b": "b", "f": "n", "d": "n", "s": "s", "at[0]": "s", "x1": "any", "af[0]": "n"}
        kind = kinds.get(field, "i" if field in NUMERIC or field.startswith("ai") else "any")
        if self.draw.random() < 0.06:
            kind = "any"
        if kind == "any":
            kind = self.pick("b", "i", "i", "n", "s")
        return {
            "b": lambda: self.pick("true", "false", "True", "FALSE"),
            "i": self.integer,
            "n": lambda: self.pick(self.integer, self.floating)(),
            "s": self.text,
        }[kind]()

    def field(self):
        return self.pick(*NUMERIC, *NUMERIC, "s", "s", "b", *KEYS, *ELEMENTS, "nope" if self.draw.random() < 0.1 else "id")

    def words(self, *words):
        return self.pick(*words, *words, *(word.upper() for word in words)) if self.draw.random() < 0.3 else self.pick(*words)

    def list_of(self, field):
        values = ", ".join(self.literal(field) for _ in range(self.draw.randrange(5)))
        return f"[{values}]" + ("" if values or self.draw.random() < 0.9 else "")

    def condition(self):
        return self.pick(
            self.comparison, self.comparison, self.comparison, self.membership, self.range, self.like, self.arithmetic,
            self.fields, self.contains, self.length, self.exists, self.whole,
        )()

    def comparison(self):
        field = self.field()
        relation, literal = self.draw.choice(RELATIONS), self.literal(field)
        space = self.pick(" ", " ", " ", "")
        if self.draw.random() < 0.2:
            return f"{literal}{space}{relation}{space}{field}"
        return f"{field}{space}{relation}{space}{literal}"

    def membership(self):
        field = self.field()
        return f"{field} {self.words('in', 'not in')} {self.list_of(field)}"

    def range(self):
        field = self.field()
        bounds = [self.literal(field), self.literal(field)]
        if self.draw.random() < 0.7:
            bounds = sorted(bounds, key=lambda text: (len(text), text))
        one, other = self.pick(("<", "<"), ("<", "<="), ("<=", "<="), (">", ">="), (">", ">"), ("<", ">"))
        if one.startswith(">"):
            bounds.reverse()
        return f"{bounds[0]} {one} {field} {other} {bounds[1]}"

    def like(self):
        field = self.pick("s", "s", "s", 'j["a"]', "at[0]", "id", "x2")
        return f"{field} {self.words('like')} {self.pick('%a%', '%', 'a%', 'ab%', 'A%', 'back%', '日%', 'x%')!r}"

    def arithmetic(self):
        field = self.pick(*NUMERIC, *KEYS[:3], "ai[0]", "s")
        operand = self.pick("1", "2", "3", "0.5", "7")
        sign = self.pick("+", "-", "*", "/", "%")
        relation, value = self.pick("==", "!="), self.literal(field)
        form = self.pick("{0} {1} {2}", "{0} {1} {2}", "({0} {1} {2})", "{2} {1} {0}", "{0} {1} {2} {1} {2}")
        return f"{form.format(field, sign, operand)} {relation} {value}"

    def fields(self):
        return f"{self.pick(*NUMERIC, 's', 'b')} {self.draw.choice(RELATIONS)} {self.pick(*NUMERIC, 's', 'b')}"

    def contains(self):
        field = self.pick("ai", "at", 'j["l"]', 'j["l"]', 'j["a"]', "s")
        element = {"ai": "i8", "at": "s"}.get(field, "x1")
        name = self.words("json_contains", "array_contains")
        if self.draw.random() < 0.4:
            return f"{name}({field}, {self.literal(element)})"
        name += self.pick("_all", "_any") if name.islower() else self.pick("_ALL", "_ANY")
        return f"{name}({field}, [{self.literal(element)}, {self.literal(element)}])"

    def length(self):
        return f"{self.words('array_length')}({self.pick('ai', 'at', 'ai', 's')}) {self.draw.choice(RELATIONS)} {self.draw.randrange(5)}"

    def exists(self):
        return f"{self.words('exists')} {self.pick(*KEYS, 'id')}"

    def whole(self):
        return self.pick("ai == [1, 2]", "ai != [0]", "j == 1", "b", "true", "1 == 1", 'at == ["a"]', "ai == [1.5]", "not b")

    def filter(self, depth=0):
        kind = self.draw.random()
        if depth > 2 or kind < 0.55:
            return self.condition()
        if kind < 0.65:
            return f"{self.pick('not ', '!', 'NOT ')}({self.filter(depth + 1)})"
        joint = self.pick(" and ", " or ", " && ", " || ", " AND ", " OR ") if kind < 0.97 else self.pick(" And ", " xor ", " & ")
        sides = [self.filter(depth + 1), self.filter(depth + 1)]
        if self.draw.random() < 0.3:
            sides[0] = f"({sides[0]})"
        return joint.join(sides)

    def draw_one(self):
        text = self.filter()
        if self.draw.random() < 0.04:
            tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
            del tokens[self.draw.randrange(len(tokens))]
            text = "".join(tokens)
        # That server crashes at a division by zero.
        return "id > 0" if re.search(r"[/%]\s*[-+(]*\s*0(?![0-9]*[1-9])", text) else text


def explains(entry, text, theirs, mine):
    """Returns whether an explanation applies. Its `there` and `here` restrict the answers of the two sides."""
    sides = entry.get("there", theirs) == theirs and entry.get("here", mine) == mine
    return sides and re.search(entry["filter"], text)


def compare(seed, count, deadline):
    draw = random.Random(seed)
    name = f"filters_{seed}"
    data = list(rows(draw))
    real = collection_of(name, FIELDS, dynamic=True)
    insert_real(real, data)
    load_real(real)
    answer = post("/v2/vectordb/entities/insert", {"collectionName": name, "data": data})[1]
    check("filters: the rows", answer["code"] == 0, answer)
    known = json.loads((HERE / "filter-differences.json").read_text())
    found = Difference("filters")
    generator = Filters(draw)
    while found.compared < count and not deadline.is_over():
        text = generator.draw_one()
        here = post("/v2/vectordb/entities/query", {"collectionName": name, "filter": text, "outputFields": ["id"], "limit": 1000})[1]
        mine = sorted(row["id"] for row in here["data"]) if here["code"] == 0 else "error"
        theirs, why = real_query(real, text)
        explained = next((entry for entry in known if explains(entry, text, theirs, mine)), None)
        found.add(text, theirs, mine, explained, f"{why} | {here.get('message', '')}")
    found.report()
