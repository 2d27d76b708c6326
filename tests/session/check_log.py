#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a log's folder with nothing of Voltkeep: every entry's hash, RFC 6962's root at each checkpoint and each seal of a TPM,
and that the TPM's statement (TPMS_ATTEST of TPM2_NV_Certify) is of that checkpoint and that value. No signatures.

check_log.py FOLDER: 0 and one line if all is as the checkpoints say."""
import base64
import hashlib
import pathlib
import struct
import sys


def sha256(data):
    return hashlib.sha256(data).digest()


def root_of(leaves):
    """MTH of RFC 6962, 2.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root_of(leaves[:left]) + root_of(leaves[left:]))


def leaves_of(folder):
    leaves = []
    for segment in sorted(folder.glob("*.log")):
        data, at = segment.read_bytes(), 0
        assert int(segment.stem) == len(leaves), f"{segment} does not begin at entry {len(leaves)}"
        while at < len(data):
            size, complement = struct.unpack_from(">HH", data, at)
            assert size ^ complement == 0xFFFF, f"entry {len(leaves)}: length"
            leaf = sha256(b"\x00" + data[at + 4 : at + 4 + size])
            assert data[at + 4 + size : at + 36 + size] == leaf, f"entry {len(leaves)}: hash"
            leaves.append(leaf)
            at += size + 36
    return leaves


def checkpoints_of(folder):
    for name in ("checkpoints", "checkpoint"):
        path = folder / name
        blocks = path.read_text().split("\n\n") if path.exists() else [""]
        assert blocks[-1] == "", f"{name} ends early"
        for text in blocks[0:-1:2]:
            origin, size, root = text.split("\n")
            yield origin, int(size), base64.b64decode(root, validate=True)


def seals_of(folder, origin):
    path = folder / "seals"
    for line in path.read_text().splitlines() if path.exists() else []:
        size, root, _, *certified = line.split(" ")
        text = f"{origin}\n{size}\n{root}\n".encode()
        if certified:
            statement = base64.b64decode(certified[1], validate=True)
            assert statement[:6] == b"\xffTCG\x80\x14" and sha256(text) in statement, f"the seal of {size} entries is of others"
            assert int.from_bytes(statement[-8:], "big") == int(certified[0]), f"the counter at {size} entries"
        yield int(size), base64.b64decode(root, validate=True)


folder = pathlib.Path(sys.argv[1])
checkpoints, leaves = list(checkpoints_of(folder)), leaves_of(folder)
assert checkpoints, "no checkpoint"
for origin, size, root in checkpoints:
    assert size <= len(leaves), f"{size} entries are signed, {len(leaves)} are there"
    assert root_of(leaves[:size]) == root, f"the root of {size} entries is another"
for size, root in seals_of(folder, checkpoints[-1][0]):
    assert size <= len(leaves) and root_of(leaves[:size]) == root, f"the TPM has sealed {size} other entries"
print(f"{len(leaves)} entries of {origin}, {len(checkpoints)} checkpoints, the last of {checkpoints[-1][1]} entries")
