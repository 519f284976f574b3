"""Packs test cases into a fixture folder: vectors.br is one brotli stream of all files, equal ones kept once; index.json
gives the place of each file in the uncompressed bytes. A pack can stand on another one: places count over the bytes of
that one first, and what it holds is not kept again."""
import hashlib
import json
import os
import time

import brotli

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fixtures")


def read(folder):
    """The index and the uncompressed bytes of a pack."""
    with open(os.path.join(FIXTURES, folder, "index.json")) as f:
        index = json.load(f)
    with open(os.path.join(FIXTURES, folder, "vectors.br"), "rb") as f:
        return index, brotli.decompress(f.read())


def places(test):
    """Every place that a test of an index names."""
    return [test["model"], *(p for s in test["sets"] for side in ("inputs", "outputs") for p in s[side])]


class Pack:
    """Collects tests: (fields, model, [{"inputs": [(bytes, kind)], "outputs": ...}])."""

    def __init__(self, base=None):
        self.base, self.known, self.start = base, {}, 0
        if base:
            index, blob = read(base)
            self.start, self.base_sha256 = len(blob), hashlib.sha256(blob).hexdigest()
            for test in index["tests"]:
                for offset, size, *_ in places(test):
                    self.known[hashlib.sha256(blob[offset:offset + size]).digest()] = offset
        self.blobs, self.tests = {}, []

    def _put(self, data, order):
        key = hashlib.sha256(data).digest()
        if key not in self.known:
            self.blobs.setdefault(key, (order, data))
        return key, len(data)

    def add(self, fields, model, sets):
        name = fields["name"]
        self.tests.append((fields, self._put(model, (0, name)),
                           [{side: [(*self._put(d, (1, name)), kind) for d, kind in s[side]] for side in ("inputs", "outputs")} for s in sets]))

    def write(self, folder, head, origin, script, quality=11):
        # models first, then data: each kind repeats itself, and names sort an operator's cases together
        offset, where, parts = self.start, dict(self.known), []
        for key, (_, data) in sorted(self.blobs.items(), key=lambda b: b[1][0]):
            where[key] = offset
            parts.append(data)
            offset += len(data)
        blob = b"".join(parts)
        place = lambda ref: [where[ref[0]], *ref[1:]]
        lines = [json.dumps({**fields, "model": place(model), "sets": [{side: [place(r) for r in refs] for side, refs in s.items()} for s in sets]},
                            separators=(",", ":")) for fields, model, sets in self.tests]
        start = time.time()
        packed = brotli.compress(blob, quality=quality, lgwin=24)
        out = os.path.join(FIXTURES, folder)
        os.makedirs(out, exist_ok=True)
        head = {**head, "bytes": len(blob), **({"base": {"folder": self.base, "bytes": self.start, "sha256": self.base_sha256}} if self.base else {})}
        with open(os.path.join(out, "index.json"), "w", newline="\n") as f:
            f.write(json.dumps(head, separators=(",", ":"))[:-1] + ',"tests":[\n' + ",\n".join(lines) + "\n]}\n")
        with open(os.path.join(out, "vectors.br"), "wb") as f:
            f.write(packed)
        sha = hashlib.sha256(packed).hexdigest()
        on = f"Stands on `{self.base}`: files that are there too are not kept here.\n" if self.base else ""
        with open(os.path.join(out, "README.md"), "w", newline="\n") as f:
            f.write(f"Origin: {origin}\nHow made: `tests/peers/{script}`; each model, input and output file in one brotli stream.\n{on}"
                    f"sha256 of vectors.br: {sha} ({len(packed)} bytes; uncompressed {len(blob)} bytes, {hashlib.sha256(blob).hexdigest()})\n")
        print(f"{folder}: {len(self.tests)} tests, {len(self.blobs)} files, {len(blob)} bytes -> {len(packed)} bytes in {time.time() - start:.0f} s; {sha}")
