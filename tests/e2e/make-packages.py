"""Makes one package `demo` for pip, cargo, go, pnpm and Terraform below a folder, as static files.

usage: make-packages.py FOLDER URL
"""

import base64
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import zipfile

ROOT, URL = sys.argv[1:]


def write(name, data):
    path = os.path.join(ROOT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def tar(files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(text.encode()))
    return gzip.compress(raw.getvalue())


def zipped(files):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return raw.getvalue()


# pip: a page of links, and a wheel.
WHEEL = "demo-1.0-py3-none-any.whl"
INFO = "demo-1.0.dist-info/"
METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
wheel = zipped(
    {
        "demo.py": "carried = 'by pip'\n",
        INFO + "METADATA": METADATA,
        INFO + "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        INFO + "RECORD": f"demo.py,,\n{INFO}METADATA,,\n{INFO}WHEEL,,\n{INFO}RECORD,,\n",
    }
)
write("simple/demo/index.html", f'<a href="{URL}/simple/files/{WHEEL}">{WHEEL}</a>\n')
write("simple/files/" + WHEEL, wheel)

# cargo: a sparse index, and a package.
packed = tar(
    {
        "demo-1.0.0/Cargo.toml": '[package]\nname = "demo"\nversion = "1.0.0"\nedition = "2018"\n',
        "demo-1.0.0/src/lib.rs": "// carried by cargo\n",
    }
)
entry = {"name": "demo", "vers": "1.0.0", "deps": [], "features": {}, "yanked": False}
entry["cksum"] = hashlib.sha256(packed).hexdigest()
write("index/config.json", json.dumps({"dl": URL + "/files/{crate}.tar", "auth-required": True}))
write("index/de/mo/demo", json.dumps(entry) + "\n")
write("files/demo.tar", packed)

# go: a module proxy.
MODULE = "module go.example.com/demo\n\ngo 1.24\n"
MOD = "go/go.example.com/demo/@v/v1.0.0"
write(MOD + ".info", json.dumps({"Version": "v1.0.0", "Time": "2026-01-01T00:00:00Z"}))
write(MOD + ".mod", MODULE)
write(
    MOD + ".zip",
    zipped(
        {
            "go.example.com/demo@v1.0.0/go.mod": MODULE,
            "go.example.com/demo@v1.0.0/demo.go": "package demo // carried by go\n",
        }
    ),
)

# pnpm: a document, and a tarball.
manifest = {"name": "demo", "version": "1.0.0", "main": "demo.js"}
tarball = tar(
    {"package/package.json": json.dumps(manifest), "package/demo.js": "// carried by pnpm\n"}
)
sri = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
dist = {"tarball": URL + "/npm/demo/-/demo-1.0.0.tgz", "integrity": sri}
versions = {"1.0.0": {**manifest, "dist": dist}}
document = {"name": "demo", "dist-tags": {"latest": "1.0.0"}, "versions": versions}
write("npm/demo/index.json", json.dumps(document))
write("npm/demo/-/demo-1.0.0.tgz", tarball)

# Terraform: a registry of modules, and a module. The server says where it is.
write("modules/team/demo/local/versions/index.json", '{"modules":[{"versions":[{"version":"1.0.0"}]}]}')
write("files/demo.tar.gz", tar({"main.tf": 'output "carried" { value = "by terraform" }\n'}))

# kubectl: what `get nodes` asks of an API server.
group = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1"}
nodes = {"name": "nodes", "singularName": "node", "namespaced": False, "kind": "Node"}
write("kubernetes/api/index.json", '{"kind":"APIVersions","versions":["v1"]}')
write("kubernetes/apis/index.json", '{"kind":"APIGroupList","apiVersion":"v1","groups":[]}')
write("kubernetes/api/v1/index.json", json.dumps({**group, "resources": [{**nodes, "verbs": ["get", "list"]}]}))
node = {"metadata": {"name": "carried-by-kubectl"}}
write("kubernetes/api/v1/nodes/index.json", json.dumps({"kind": "NodeList", "apiVersion": "v1", "items": [node]}))
