"""The signature of the YUNMO API once more, from the rules of SPEC 1.1 and the policies of this package, with nothing but
Python's standard library. Reads one JSON object per line, {"message": "<the message as text>", "secret": "..."}, and writes
for each a line {"<nested> <collision>": ["<text>", "<digest>"]}, for every policy.
"""

import hashlib
import json
import sys


class Literal(str):
    """A number with its characters."""


def load(text):
    return json.loads(text, parse_int=Literal, parse_float=Literal)


def scalar(value, null):
    if value is None:
        return null
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


def compact(value):
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + compact(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(compact(item) for item in value) + "]"
    if isinstance(value, Literal) or not isinstance(value, str):
        return scalar(value, "null")
    return json.dumps(value, ensure_ascii=False)


def java(value):
    if isinstance(value, dict):
        return "{" + ", ".join(k + "=" + java(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java(item) for item in value) + "]"
    return scalar(value, "null")


def comma(value):
    if isinstance(value, list):
        return ",".join(comma(item) for item in value)
    return compact(value) if isinstance(value, dict) else scalar(value, "")


NESTED = {"omit": None, "compactJson": compact, "javaToString": java, "commaJoin": comma}
COLLISION = {
    "dataWins": lambda envelope, data: [data],
    "envelopeWins": lambda envelope, data: [envelope],
    "both": lambda envelope, data: [envelope, data],
}


def signed(fields):
    return {k: v for k, v in fields.items() if k not in ("sign", "token") and v is not None and v != ""}


def texts(message):
    data = message.get("data")
    if isinstance(data, dict):
        envelope = signed({k: v for k, v in message.items() if k != "data"})
        data = signed(data)
    else:
        envelope, data = signed(message), {}
    # UTF-16 code units: for ASCII the order of SPEC 1.1.
    keys = sorted({**envelope, **data}, key=lambda key: key.encode("utf-16-be"))
    for nested, write in NESTED.items():
        for collision, pick in COLLISION.items():
            pairs = []
            for key in keys:
                if key in envelope and key in data:
                    values = pick(envelope[key], data[key])
                else:
                    values = [envelope[key] if key in envelope else data[key]]
                for value in values:
                    if not isinstance(value, (dict, list)):
                        pairs.append(key + "=" + scalar(value, ""))
                    elif write is not None:
                        pairs.append(key + "=" + write(value))
            yield nested + " " + collision, "&".join(pairs)


sys.stdin.reconfigure(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8")
for line in sys.stdin:
    task = json.loads(line)
    answer = {
        policy: [text, hashlib.md5((text + task["secret"]).encode("utf-8")).hexdigest()]
        for policy, text in texts(load(task["message"]))
    }
    print(json.dumps(answer))
