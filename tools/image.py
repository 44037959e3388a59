#!/usr/bin/env python3
"""Puts a module into an OCI image, without a container engine.

    tools/image.py MODULE LAYOUT ARCHIVE

LAYOUT becomes a folder in the form of the OCI image layout, ARCHIVE a tar file of it. The image is the one that Istio's agent
fetches (its "compat" form): the last layer is a gzipped tar that holds a file plugin.wasm. The same module, version and commit
make the same bytes: nothing in them tells the time, the place or the user. (The compressed layer also depends on the zlib that
Python is linked with.)
"""

import hashlib
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zlib

PROJECT = pathlib.Path(__file__).resolve().parent.parent
# The package that the module is built from, and the name by which people know it.
PACKAGE = "filter"
TITLE = "dubbo-policy"

LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"


def main(module, layout, archive):
    files = image(pathlib.Path(module).read_bytes(), annotations())
    replace_layout(pathlib.Path(layout), files)
    pathlib.Path(archive).write_bytes(tar(files))
    digest = json.loads(files["index.json"])["manifests"][0]["digest"]
    print(f"image: {layout}, {archive}: manifest {digest}", file=sys.stderr)


def annotations():
    """What the image says of itself, from Cargo.toml and git."""
    metadata = json.loads(output("cargo", "metadata", "--format-version", "1", "--no-deps"))
    package = next(package for package in metadata["packages"] if package["name"] == PACKAGE)
    said = {
        "title": TITLE,
        "description": "Checks, limits, reports and routes Dubbo calls inside Envoy",
        "licenses": package["license"],
        "version": package["version"],
    }
    revision = clean_revision()
    if revision:
        said["revision"] = revision
    return {f"org.opencontainers.image.{key}": value for key, value in said.items()}


def clean_revision():
    """The commit that the files are of; none outside of a repository, or when they differ from it."""
    try:
        changes = output("git", "status", "--porcelain", "--untracked-files=no")
        return None if changes else output("git", "rev-parse", "HEAD").strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def output(*command):
    return subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def image(module, annotations):
    """The files of the layout, by their paths."""
    files = {}

    def blob(media_type, content):
        digest = hashlib.sha256(content).hexdigest()
        files[f"blobs/sha256/{digest}"] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    layer = tar({"plugin.wasm": module})
    config = {
        # The names of Rust's target wasm32-wasip1 in Go's lists, which the specification asks for.
        "architecture": "wasm",
        "os": "wasip1",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": blob(CONFIG_TYPE, to_json(config)),
        "layers": [blob(LAYER_TYPE, gzip(layer))],
        "annotations": annotations,
    }
    entry = blob(MANIFEST_TYPE, to_json(manifest))
    entry["annotations"] = {"org.opencontainers.image.ref.name": annotations["org.opencontainers.image.version"]}
    files["index.json"] = to_json({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [entry]})
    files["oci-layout"] = to_json({"imageLayoutVersion": "1.0.0"})
    return files


def to_json(value):
    return json.dumps(value, separators=(",", ":")).encode()


def gzip(content):
    # zlib's own gzip header has no time and no name.
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def tar(files):
    """A tar archive of root's files of 1970, in the order of their paths."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def replace_layout(folder, files):
    if folder.exists():
        if not (folder / "oci-layout").is_file():
            sys.exit(f"image: error: {folder} is there, and is no image layout")
        shutil.rmtree(folder)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} MODULE LAYOUT ARCHIVE")
    main(*sys.argv[1:])
