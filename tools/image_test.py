#!/usr/bin/env python3
"""The image of the module that was built, against the OCI image specification 1.1 and what Istio's fetcher looks for."""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

PROJECT = pathlib.Path(__file__).resolve().parent.parent
MODULE = PROJECT / "dist" / "dubbo-policy.wasm"


class Image(unittest.TestCase):
    def setUp(self):
        self.assertTrue(MODULE.is_file(), f"{MODULE} is not there: tools/build.sh module")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.layout, self.archive = self.build("image")

    def build(self, name, **environment):
        layout, archive = self.folder / name, self.folder / f"{name}.tar"
        command = [sys.executable, PROJECT / "tools" / "image.py", MODULE, layout, archive]
        subprocess.run(command, check=True, stderr=subprocess.PIPE, env={**os.environ, **environment})
        return layout, archive

    def read(self, path):
        return json.loads((self.layout / path).read_text())

    def blob(self, descriptor, media_type):
        """The bytes that a descriptor names; they must be what it says."""
        self.assertEqual(descriptor["mediaType"], media_type)
        algorithm, digest = descriptor["digest"].split(":")
        content = (self.layout / "blobs" / algorithm / digest).read_bytes()
        self.assertEqual((algorithm, digest), ("sha256", hashlib.sha256(content).hexdigest()))
        self.assertEqual(descriptor["size"], len(content))
        return content

    def manifest(self):
        [entry] = self.read("index.json")["manifests"]
        return json.loads(self.blob(entry, "application/vnd.oci.image.manifest.v1+json"))

    def test_the_layout_has_what_the_specification_requires_and_nothing_else(self):
        self.assertEqual(self.read("oci-layout"), {"imageLayoutVersion": "1.0.0"})
        index = self.read("index.json")
        self.assertEqual(set(index), {"schemaVersion", "mediaType", "manifests"})
        self.assertEqual((index["schemaVersion"], index["mediaType"]), (2, "application/vnd.oci.image.index.v1+json"))
        [entry] = index["manifests"]
        name = entry["annotations"]["org.opencontainers.image.ref.name"]
        self.assertRegex(name, r"^[A-Za-z0-9]+([-._:@+][A-Za-z0-9]+)*$")
        manifest = self.manifest()
        self.assertEqual(set(manifest), {"schemaVersion", "mediaType", "config", "layers", "annotations"})
        self.assertEqual((manifest["schemaVersion"], manifest["mediaType"]), (2, entry["mediaType"]))
        named = [entry, manifest["config"], *manifest["layers"]]
        blobs = {blob.name for blob in (self.layout / "blobs" / "sha256").iterdir()}
        self.assertEqual(blobs, {descriptor["digest"].removeprefix("sha256:") for descriptor in named})
        self.assertEqual({path.name for path in self.layout.iterdir()}, {"blobs", "index.json", "oci-layout"})

    def test_the_last_layer_unpacks_to_the_module(self):
        layer = self.manifest()["layers"][-1]
        self.blob(layer, "application/vnd.oci.image.layer.v1.tar+gzip")
        path = self.layout / "blobs" / "sha256" / layer["digest"].removeprefix("sha256:")
        # The system's tar and gzip, not Python's, which wrote it.
        unpacked = subprocess.run(["tar", "-xzOf", path, "plugin.wasm"], check=True, stdout=subprocess.PIPE).stdout
        self.assertEqual(unpacked, MODULE.read_bytes())
        listed = subprocess.run(["tar", "-tzf", path], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(listed, "plugin.wasm\n")

    def test_the_configuration_names_the_unpacked_layer(self):
        manifest = self.manifest()
        config = json.loads(self.blob(manifest["config"], "application/vnd.oci.image.config.v1+json"))
        self.assertEqual(set(config), {"architecture", "os", "rootfs"})
        self.assertEqual((config["architecture"], config["os"]), ("wasm", "wasip1"))
        path = self.layout / "blobs" / "sha256" / manifest["layers"][0]["digest"].removeprefix("sha256:")
        layer = subprocess.run(["gzip", "-dc"], check=True, input=path.read_bytes(), stdout=subprocess.PIPE).stdout
        diff_id = f"sha256:{hashlib.sha256(layer).hexdigest()}"
        self.assertEqual(config["rootfs"], {"type": "layers", "diff_ids": [diff_id]})

    def test_the_annotations_say_what_it_is(self):
        manifest = (PROJECT / "Cargo.toml").read_text()
        said = self.manifest()["annotations"]
        self.assertEqual(said["org.opencontainers.image.title"], "dubbo-policy")
        for annotation, key in (("version", "version"), ("licenses", "license")):
            value = re.search(rf'^{key} = "(.*)"$', manifest, re.MULTILINE).group(1)
            self.assertEqual(said[f"org.opencontainers.image.{annotation}"], value)
        self.assertRegex(said.get("org.opencontainers.image.revision", "0" * 40), r"^[0-9a-f]{40}$")

    def test_the_same_module_makes_the_same_bytes(self):
        other, other_archive = self.build("other", TZ="Asia/Shanghai", LC_ALL="C", PYTHONHASHSEED="7")
        self.assertEqual(contents(self.layout), contents(other))
        self.assertEqual(self.archive.read_bytes(), other_archive.read_bytes())

    def test_the_archive_holds_the_layout(self):
        with tarfile.open(self.archive) as archive:
            held = {entry.name: archive.extractfile(entry).read() for entry in archive}
        self.assertEqual(held, contents(self.layout))

    def test_an_older_layout_is_replaced_and_another_folder_is_not(self):
        (self.layout / "left-over").write_text("")
        self.build("image")
        self.assertFalse((self.layout / "left-over").exists())
        mine = self.folder / "mine"
        mine.mkdir()
        (mine / "thesis").write_text("")
        with self.assertRaises(subprocess.CalledProcessError):
            self.build("mine")
        self.assertTrue((mine / "thesis").exists())


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


if __name__ == "__main__":
    unittest.main()
